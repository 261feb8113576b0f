//! The few things that were asked for last: they will be asked for again.

use std::sync::{Mutex, PoisonError};

/// At most a number of values, for any number of threads.
pub(crate) struct Recent<K, V> {
    most: usize,
    /// The one that was asked for last is the last.
    values: Mutex<Vec<(K, V)>>,
}

impl<K, V: Clone> Recent<K, V> {
    /// Keeps this many.
    pub fn new(most: usize) -> Self {
        Self { most, values: Mutex::new(Vec::new()) }
    }

    /// The value that is meant, or else what `make` makes.
    ///
    /// # Errors
    /// Those of `make`; nothing is kept then.
    pub fn get<E>(&self, is_meant: impl Fn(&K, &V) -> bool, make: impl FnOnce() -> Result<(K, V), E>) -> Result<V, E> {
        // Locked until it is made: others that want it need not do the same.
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match values.iter().position(|(key, value)| is_meant(key, value)) {
            Some(known) => values.remove(known),
            None => make()?,
        };
        if values.len() >= self.most {
            values.remove(0);
        }
        let value = found.1.clone();
        values.push(found);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_asked_for_last_are_kept() {
        let recent = Recent::new(2);
        let made = |wanted: u8| {
            let mut made = false;
            let make = || {
                made = true;
                Ok::<_, ()>((wanted, u64::from(wanted)))
            };
            assert_eq!(recent.get(|key, _| *key == wanted, make), Ok(u64::from(wanted)));
            made
        };
        let wanted = [1, 2, 1, 3, 1, 2];
        assert_eq!(wanted.map(made), [true, true, false, true, false, true]);
        assert_eq!(recent.get(|_, _| false, || Err("refused")), Err("refused"));
    }
}
