//! Statistics of a tensor in pieces, each looked at once, in the order in which it is stored.

use rayon::prelude::*;

use super::{Piece, Pieces};
use crate::bytes::Fault;
use crate::model::{Coding, Kind};
use crate::tensor::PIECE;
use crate::tensor::chunk::WHOLE;
use crate::tensor::opened::with_buffers;
use crate::tensor::source::Ahead;
use crate::tensor::tally::Tally;

impl Pieces<'_> {
    /// The statistics of its numbers. What was never written is not looked at, but counted.
    ///
    /// # Errors
    /// If a piece cannot be read or decoded.
    pub fn tally(&self) -> Result<Tally, Fault> {
        // An element may be of two numbers.
        let numbers = if matches!(self.entry.dtype.kind(), Kind::Complex { .. }) { 2 } else { 1 };
        let tallies: Vec<Result<Tally, Fault>> = self.pieces.par_iter().map(|piece| self.tally_of(piece)).collect();
        let mut all = Tally::default();
        for (piece, tally) in self.pieces.iter().zip(tallies) {
            let runs = self.runs(piece);
            all.scatter(&tally?, |index| runs.position(index / numbers) * numbers);
        }
        let rest = self.elements.saturating_sub(self.covered);
        if let Some(of_one) = self.fill.filter(|_| rest > 0).and_then(|fill| Tally::of(self.entry.dtype, fill)) {
            all.scatter(&of_one.times(rest), |index| self.first_unwritten().saturating_mul(numbers) + index);
        }
        Ok(all)
    }

    fn tally_of(&self, piece: &Piece<'_>) -> Result<Tally, Fault> {
        let fault = |broken| self.fault(piece, broken);
        let runs = self.runs(piece);
        let size = self.size.max(1);
        let (count, length) = if runs.is_whole() { (1, runs.length * runs.count) } else { (runs.count, runs.length) };
        let mut source = Ahead::new(self.source(piece, WHOLE)?);
        let mut tally = Tally::default();
        with_buffers(|[buffer]| {
            let room = PIECE - PIECE % size as usize;
            buffer.resize(buffer.len().max(room), 0);
            let (mut used, mut at) = (0usize, 0u64);
            for number in 0..count {
                let (start, mut left) = (runs.start(number).1 * size, length * size);
                source.skip_to(&mut at, start).map_err(fault)?;
                while left > 0 {
                    let most = left.min((room - used) as u64) as usize;
                    source.exactly(buffer.get_mut(used..used + most).unwrap_or_default()).map_err(fault)?;
                    (used, at, left) = (used + most, at + most as u64, left - most as u64);
                    if used == room {
                        self.look(buffer.get_mut(..used).unwrap_or_default(), &mut tally);
                        used = 0;
                    }
                }
            }
            self.look(buffer.get_mut(..used).unwrap_or_default(), &mut tally);
            source.end().map_err(fault)
        })?;
        Ok(tally)
    }

    fn look(&self, elements: &mut [u8], tally: &mut Tally) {
        self.to_little_endian(elements);
        if let Some(next) = Tally::of(self.entry.dtype, elements) {
            tally.append(&next);
        }
    }

    /// The first element that no piece covers. Chunks lie in a grid, so it is the first one of a chunk; and those
    /// that there are have the order of the grid.
    fn first_unwritten(&self) -> u64 {
        let Some(lengths) = self.pieces.first().filter(|_| matches!(self.coding, Coding::Filters(_))) else { return 0 };
        let mut origin = vec![0u64; self.axes.len()];
        for piece in &self.pieces {
            if piece.slice.extents.iter().zip(&origin).any(|((start, _), expected)| start != expected) {
                break;
            }
            // The next place of the grid.
            for ((at, axis), (_, length)) in origin.iter_mut().zip(self.axes).zip(&lengths.slice.extents).rev() {
                *at = at.saturating_add(*length);
                if *at < *axis {
                    break;
                }
                *at = 0;
            }
        }
        self.axes.iter().zip(&origin).fold(0u64, |at, (axis, start)| at.saturating_mul(*axis).saturating_add(*start))
    }
}
