//! Everything known of some variables.

use std::io::{self, Write};

use super::paint::Paint;
use super::rows::number;
use super::wrap::{hang, pad, width};
use super::{CAP, values};
use crate::model::{Checkpoint, Digest, Entry, Extent, Kind, Payload, Shape, Stats, Variable, dotted};
use crate::view::{Show, Style, Tensor, clean, count, size};

/// Columns of the names of fields, with the blanks in front of them.
const MARGIN: usize = 14;

/// Writes what is known, variable by variable.
pub(super) fn write(show: &Show, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for (i, tensor) in show.tensors.iter().enumerate() {
        let Some(variable) = show.checkpoint.variables.get(tensor.variable) else { continue };
        let Some(entry) = show.checkpoint.entry(variable) else { continue };
        if i > 0 && style.quiet == 0 {
            writeln!(out)?;
        }
        let mut page = Page { style, paint: Paint::new(style), out: &mut *out };
        page.title(variable, entry, tensor)?;
        if style.quiet == 0 {
            page.identity(&show.checkpoint, tensor, variable, entry)?;
            page.place(&show.checkpoint, entry, tensor.digest.as_ref())?;
            page.numbers(entry, tensor)?;
        }
        for problem in &tensor.problems {
            page.alarm(problem)?;
        }
    }
    for file in &show.written {
        for line in hang("wrote ", "  ", &clean(file), style.width) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// What one variable's lines go to.
struct Page<'a> {
    style: &'a Style,
    paint: Paint,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn title(&mut self, variable: &Variable, entry: &Entry, tensor: &Tensor) -> io::Result<()> {
        let name = format!("{}{}", variable.name, tensor.slice.as_deref().unwrap_or_default());
        let name = clean(&name);
        let elements = entry.elements();
        let what = format!(
            "{} {}   {} value{}, {}   {}",
            entry.dtype,
            entry.shape,
            count(elements),
            if elements == 1 { "" } else { "s" },
            size(entry.stored_bytes(), self.style.exact),
            variable.role.word()
        );
        let together = width(&name).saturating_add(3).saturating_add(width(&what));
        if self.style.width.is_none_or(|width| together <= width) {
            return writeln!(self.out, "{}   {what}", self.paint.bold(&name));
        }
        for line in hang("", "  ", &name, self.style.width) {
            writeln!(self.out, "{}", self.paint.bold(&line))?;
        }
        hang("  ", "  ", &what, self.style.width).iter().try_for_each(|line| writeln!(self.out, "{line}"))
    }

    /// A field of one or more lines, its name before the first.
    fn field(&mut self, name: &str, texts: &[String]) -> io::Result<()> {
        let margin = " ".repeat(MARGIN);
        let lines = texts.iter().flat_map(|text| hang(&margin, &margin, text, self.style.width));
        for (i, line) in lines.enumerate() {
            match line.strip_prefix(&margin).filter(|_| i == 0) {
                Some(text) => {
                    let name = pad(&format!("  {name}"), MARGIN);
                    writeln!(self.out, "{}{text}", self.paint.dim(&name))?;
                }
                None => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    fn alarm(&mut self, problem: &str) -> io::Result<()> {
        let lines = hang("  ! ", "    ", &clean(problem), self.style.width);
        lines.iter().try_for_each(|line| writeln!(self.out, "{}", self.paint.red(line)))
    }

    /// What it is called, and what belongs to it.
    fn identity(
        &mut self,
        checkpoint: &Checkpoint,
        tensor: &Tensor,
        variable: &Variable,
        entry: &Entry,
    ) -> io::Result<()> {
        let key = entry.key.to_string();
        if key != variable.name {
            self.field("stored as", &[clean(&key).into_owned()])?;
        }
        let mut paths: Vec<String> = variable.paths.iter().map(|path| clean(&dotted(path)).into_owned()).collect();
        if variable.more_paths {
            paths.push("and more".to_owned());
        }
        self.field("reached by", &paths)?;
        let state = checkpoint.variables.iter().filter(|other| other.slot_of == Some(tensor.variable));
        let state: Vec<String> = state
            .map(|slot| {
                let line = format!("{} = {}", slot.slot_name.as_deref().unwrap_or("slot"), slot.name);
                clean(&line).into_owned()
            })
            .collect();
        self.field("slots", &state)?;
        if let Some(owner) = variable.slot_of.and_then(|owner| checkpoint.variables.get(owner)) {
            let line = format!("{} of {}", variable.slot_name.as_deref().unwrap_or("slot"), owner.name);
            self.field("slot", &[clean(&line).into_owned()])?;
        }
        Ok(())
    }

    /// Where its bytes lie, and whether they are what was written.
    fn place(&mut self, checkpoint: &Checkpoint, entry: &Entry, digest: Option<&Digest>) -> io::Result<()> {
        match &entry.payload {
            Payload::Extent(extent) => {
                let (sum, bad) = checksum(entry.checksum, digest);
                self.field("place", &[place(checkpoint, extent)])?;
                self.judged(&sum, bad)
            }
            Payload::Slices(parts) => {
                let intact = digest.map(|digest| digest.intact);
                let (sum, bad) = match intact {
                    Some(Some(true)) => (", every checksum ok", false),
                    Some(Some(false)) => (", a checksum does not fit", true),
                    Some(None) => (", no checksums recorded", false),
                    None => (", not read", false),
                };
                self.judged_as("parts", &format!("{}{sum}", count(parts.len() as u64)), bad)?;
                let shown = if self.style.verbose { parts.len() } else { CAP };
                let mut lines: Vec<String> = parts
                    .iter()
                    .take(shown)
                    .map(|part| {
                        let place =
                            part.extent.map_or_else(|| "missing".to_owned(), |extent| place(checkpoint, &extent));
                        let crc = part.checksum.map(|crc| format!(", crc32c {crc:08x}")).unwrap_or_default();
                        format!("{}   {place}{crc}", part.slice)
                    })
                    .collect();
                let more = parts.len().saturating_sub(shown);
                if more > 0 {
                    lines.push(format!("and {} more   -v", count(more as u64)));
                }
                self.field("", &lines)
            }
            Payload::Nowhere => self.judged_as("place", "the record is too damaged to tell", true),
        }
    }

    fn judged(&mut self, text: &str, bad: bool) -> io::Result<()> {
        self.judged_as("checksum", text, bad)
    }

    /// A field that is red if it is bad news.
    fn judged_as(&mut self, name: &str, text: &str, bad: bool) -> io::Result<()> {
        if !bad {
            return self.field(name, &[text.to_owned()]);
        }
        let first = pad(&format!("  {name}"), MARGIN);
        let lines = hang(&first, &" ".repeat(MARGIN), text, self.style.width);
        lines.iter().try_for_each(|line| writeln!(self.out, "{}", self.paint.red(line)))
    }

    /// What its numbers are like, and the first of them.
    fn numbers(&mut self, entry: &Entry, tensor: &Tensor) -> io::Result<()> {
        if let Some(stats) = tensor.digest.as_ref().and_then(|digest| digest.stats.as_ref()) {
            self.judged_as("values", &statistics(stats, &entry.shape), stats.not_finite() > 0)?;
        }
        if let Some(histogram) = tensor.histogram.as_ref().filter(|histogram| !histogram.counts.is_empty()) {
            let room = self.style.width.map(|width| width.saturating_sub(MARGIN));
            writeln!(self.out, "{}{}", " ".repeat(MARGIN), values::bars(histogram, room, self.style.unicode))?;
        }
        if let Some(shown) = &tensor.values {
            let room = self.style.width.map(|width| width.saturating_sub(4));
            let is_text = matches!(entry.dtype.kind(), Kind::Str | Kind::Variant);
            for line in values::nested(shown, is_text, room, self.style) {
                writeln!(self.out, "{}", format!("    {line}").trim_end())?;
            }
        }
        Ok(())
    }
}

/// File and bytes, the last one included.
fn place(checkpoint: &Checkpoint, extent: &Extent) -> String {
    let label = checkpoint.files.get(extent.file).map_or("?", |file| &file.label);
    let name = clean(label.rsplit('/').next().unwrap_or(label));
    match extent.end().checked_sub(1).filter(|_| extent.length > 0) {
        Some(last) => format!("{name}, bytes {}-{last}", extent.offset),
        None => format!("{name}, no bytes"),
    }
}

/// The stored and the computed checksum in words, and whether they differ.
fn checksum(stored: Option<u32>, digest: Option<&Digest>) -> (String, bool) {
    let Some(digest) = digest else {
        return (stored.map_or("not read".to_owned(), |stored| format!("crc32c {stored:08x}, not read")), false);
    };
    match (stored, digest.crc32c) {
        (Some(stored), Some(computed)) if digest.intact == Some(false) => {
            (format!("crc32c mismatch: stored {stored:08x}, computed {computed:08x}"), true)
        }
        (Some(stored), _) => match digest.intact {
            Some(true) => (format!("crc32c {stored:08x} ok"), false),
            Some(false) => (format!("crc32c {stored:08x} does not fit"), true),
            None => (format!("crc32c {stored:08x}, not verified"), false),
        },
        (None, Some(computed)) => (format!("none recorded; crc32c {computed:08x} computed"), false),
        (None, None) => ("none recorded".to_owned(), false),
    }
}

fn statistics(stats: &Stats, shape: &Shape) -> String {
    let first = stats.first_not_finite.map(|at| format!(" (first at {})", index(at, shape))).unwrap_or_default();
    let spread = match stats.constant() {
        Some(value) => format!("all {}", number(value)),
        None => format!(
            "min {}  max {}  mean {}  std {}",
            number(stats.min),
            number(stats.max),
            number(stats.mean),
            number(stats.std)
        ),
    };
    format!("{spread}  zeros {}  NaN {}  Inf {}{first}", count(stats.zeros), count(stats.nan), count(stats.inf))
}

/// A position as an index into each axis: `[3, 5]`.
fn index(at: u64, shape: &Shape) -> String {
    let mut rest = at;
    let mut axes: Vec<String> = Vec::new();
    for axis in shape.axes().unwrap_or_default().iter().rev() {
        axes.push(rest.checked_rem(*axis).unwrap_or(0).to_string());
        rest = rest.checked_div(*axis).unwrap_or(0);
    }
    axes.reverse();
    format!("[{}]", axes.join(", "))
}
