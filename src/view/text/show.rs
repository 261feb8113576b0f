//! Everything known of some variables.

use std::io::{self, Write};

use super::paint::Paint;
use super::wrap::{hang, pad, width};
use super::{CAP, damage, values};
use crate::bytes::Fault;
use crate::model::{
    Checkpoint, Coding, Container, Digest, Entry, Extent, Filter, Kind, Payload, Piece, Shape, Stats, Variable, dotted,
};
use crate::view::units::number;
use crate::view::{Show, Style, Tensor, Values, clean, count, size};

/// Columns of the names of fields, with the blanks in front of them.
const MARGIN: usize = 14;
/// Said of a variable's numbers where only a part of it was asked for.
const WHOLE: &str = "of the whole: ";

/// Writes what is known, variable by variable.
pub(super) fn write(show: &Show, values: &dyn Values, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for (i, tensor) in show.tensors.iter().enumerate() {
        let Some((variable, entry)) = show.checkpoint.pair(tensor.variable) else { continue };
        if i > 0 && style.quiet == 0 {
            writeln!(out)?;
        }
        let mut page = Page { style, paint: Paint::new(style), out: &mut *out };
        page.title(variable, entry, tensor)?;
        if style.quiet == 0 {
            page.identity(&show.checkpoint, tensor, variable, entry)?;
            page.place(&show.checkpoint, entry, tensor.digest.as_ref())?;
            page.numbers(entry, tensor, values)?;
        }
        for problem in &tensor.problems {
            page.alarm(problem)?;
        }
    }
    // What is wrong with the files beside these tensors can be why less is known of them.
    let told = |fault: &Fault| show.tensors.iter().any(|tensor| tensor.problems.contains(&fault.to_string()));
    if !show.checkpoint.faults.iter().all(told) {
        damage::faults(&show.checkpoint, &show.resolved.given, style, out)?;
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
        if variable.name != key {
            self.field("stored as", &[clean(&key).into_owned()])?;
        }
        let mut paths: Vec<String> = variable.paths().iter().map(|path| clean(&dotted(path)).into_owned()).collect();
        let hidden = if self.style.verbose { 0 } else { paths.len().saturating_sub(CAP) };
        paths.truncate(paths.len().saturating_sub(hidden));
        match (hidden, variable.more_paths()) {
            (0, true) => paths.push("and more".to_owned()),
            (0, false) => {}
            (hidden, _) => paths.push(format!("and {} more   -v", count(hidden as u64))),
        }
        self.field("reached by", &paths)?;
        let state = checkpoint.variables.iter().filter(|other| other.slot_of() == Some(tensor.variable));
        let state: Vec<String> = state
            .map(|slot| {
                let line = format!("{} = {}", slot.slot_name().unwrap_or("slot"), slot.name);
                clean(&line).into_owned()
            })
            .collect();
        self.field("slots", &state)?;
        if let Some(owner) = variable.slot_of().and_then(|owner| checkpoint.variables.get(owner)) {
            let line = format!("{} of {}", variable.slot_name().unwrap_or("slot"), owner.name);
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
            Payload::Coded(coded) => {
                let how = match &coded.coding {
                    Coding::Filters(filters) if filters.is_empty() => "as stored".to_owned(),
                    Coding::Filters(filters) => filters.iter().map(Filter::to_string).collect::<Vec<_>>().join(", "),
                    Coding::TensorProto => "as protobuf values".to_owned(),
                };
                let pieces = coded.pieces.len();
                let s = if pieces == 1 { "" } else { "s" };
                let mut lines = vec![format!("{} piece{s}, {}", count(pieces as u64), clean(&how))];
                let shown = if self.style.verbose { pieces } else { CAP };
                let piece = |piece: &Piece| format!("{}   {}", piece.slice, place(checkpoint, &piece.extent));
                lines.extend(coded.pieces.iter().take(shown).map(piece));
                if pieces > shown {
                    lines.push(format!("and {} more   -v", count(pieces.saturating_sub(shown) as u64)));
                }
                self.field("place", &lines)
            }
            Payload::Nowhere if checkpoint.container == Container::MetaGraph => {
                self.field("place", &["a graph has no values".to_owned()])
            }
            // Keras' own files leave a link where the values lie elsewhere; what kind they are is told there.
            Payload::Nowhere if checkpoint.container.has_links() => {
                self.judged_as("place", "not in this file, or too damaged to tell", true)
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
    fn numbers(&mut self, entry: &Entry, tensor: &Tensor, values: &dyn Values) -> io::Result<()> {
        if let Some(stats) = tensor.digest.as_ref().and_then(|digest| digest.stats.as_ref()) {
            let line = format!("{}{}", scope(entry, tensor), statistics(stats, &entry.shape));
            self.judged_as("values", &line, stats.not_finite() > 0)?;
        }
        if let Some(histogram) = tensor.histogram.as_ref().filter(|histogram| !histogram.counts.is_empty()) {
            let before = format!("{}{}", " ".repeat(MARGIN), if tensor.slice.is_some() { WHOLE } else { "" });
            let room = self.style.width.map(|columns| columns.saturating_sub(width(&before)));
            writeln!(self.out, "{before}{}", values::bars(histogram, room, self.style.unicode))?;
        }
        if let Some(shown) = &tensor.values {
            let room = self.style.width.map(|width| width.saturating_sub(4));
            let is_text = matches!(entry.dtype.kind(), Kind::Str | Kind::Variant);
            let mut nested = values::Nested::new(shown, is_text, room, self.style, &mut *self.out);
            values.each(tensor, &mut |text| nested.add(text))?;
            nested.end()?;
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

/// What the statistics are of, where that could be mistaken.
fn scope(entry: &Entry, tensor: &Tensor) -> &'static str {
    match (tensor.slice.is_some(), matches!(entry.dtype.kind(), Kind::Complex { .. })) {
        (true, true) => "of the whole, real and imaginary parts: ",
        (true, false) => WHOLE,
        (false, true) => "of real and imaginary parts: ",
        (false, false) => "",
    }
}

fn statistics(stats: &Stats, shape: &Shape) -> String {
    let first = stats.first_not_finite.map(|at| Shape::new(shape.index(at)));
    let first = first.map(|index| format!(" (first at {index})")).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        DType, Endianness, File, FileRole, Flavor, Histogram, Part, Place, Relations, Resolved, Role, Slice, Writer,
    };
    use crate::view::{ShownValues, sample};

    fn style(width: Option<usize>) -> Style {
        Style { width, ..sample::STYLE }
    }

    fn checkpoint() -> Checkpoint {
        let label = "runs/ckpt-4.data-00000-of-00001";
        let file = File {
            path: label.into(),
            label: label.into(),
            role: FileRole::Shard { number: 0, of: 1 },
            size: Some(96),
            stored: None,
            modified: None,
        };
        let extent = Extent { file: 0, offset: 8, length: 24 };
        let entry = |key: &str, payload| Entry {
            key: key.into(),
            dtype: DType::FLOAT32,
            shape: Shape::new([2, 3]),
            payload,
            checksum: Some(0xabc),
            trusted: true,
            endianness: Endianness::Little,
            declared_at: Place::NONE,
        };
        let slice = |start| Slice { extents: [(start, 1), (0, 3)].into_iter().collect() };
        let part = |start| Part { slice: slice(start), extent: Some(extent), checksum: Some(1) };
        let parts = (0..7).map(part).collect();
        let variable = |id, name: &str, slot_of: Option<usize>| {
            let role = if slot_of.is_some() { Role::Slot } else { Role::Weight };
            let paths = vec!["model/_operations/1/_kernel".into()];
            let slot_name = slot_of.map(|_| "momentum".into());
            Variable::new(name.into(), id, role).with(Relations {
                paths,
                more_paths: true,
                full_name: None,
                slot_of,
                slot_name,
            })
        };
        Checkpoint {
            flavor: Flavor::ObjectBased,
            writer: Writer::Keras3,
            declared_shards: Some(1),
            files: vec![file],
            entries: vec![entry("optimizer/_variables/0", Payload::Extent(extent)), entry("m", Payload::Slices(parts))],
            variables: vec![variable(0, "dense/\u{1b}kernel", None), variable(1, "dense/kernel/momentum", Some(0))],
            ..Checkpoint::empty("runs/ckpt-4".as_ref(), "runs/ckpt-4".to_owned(), Container::Bundle)
        }
    }

    fn tensor(variable: usize, intact: bool) -> Tensor {
        let stats = Stats {
            count: 6,
            min: -1.0,
            max: 2.5,
            mean: 0.5,
            std: 0.25,
            zeros: 2,
            nan: 1,
            inf: 0,
            first_not_finite: Some(4),
        };
        let crc32c = (variable == 0).then_some(if intact { 0xabc } else { 0xdef });
        Tensor {
            variable,
            digest: Some(Digest { crc32c, intact: Some(intact), stats: Some(stats), sha256: None }),
            problems: if intact { vec![] } else { vec!["the bytes are \u{7}others".into()] },
            histogram: Some(Histogram { low: -1.0, high: 2.5, counts: (0..32).collect() }),
            values: Some(ShownValues { shape: vec![2, 3], shown: 4, total: 6, all: false, widest: 4, precision: 6 }),
            slice: None,
        }
    }

    fn text(tensors: Vec<Tensor>, style: &Style) -> String {
        let resolved = Resolved { is_directory: true, ..Resolved::at("runs") };
        let show = Show { resolved, checkpoint: checkpoint(), tensors, written: vec!["a.npy: float32 [2, 3]".into()] };
        let mut out = Vec::new();
        write(&show, &sample::Texts(&["0", "1", "NaN", "0.25"]), style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn all_that_is_known_of_a_weight() {
        let text = text(vec![tensor(0, true)], &style(None));
        let expected = "\
dense/\\x1bkernel   float32 [2, 3]   6 values, 24 B   weight
  stored as   optimizer/_variables/0
  reached by  model._operations[1]._kernel
              and more
  slots       momentum = dense/kernel/momentum
  place       ckpt-4.data-00000-of-00001, bytes 8-31
  checksum    crc32c 00000abc ok
  values      min -1  max 2.500  mean 0.5000  std 0.2500  zeros 2  NaN 1  Inf 0 (first at [1, 1])
";
        assert!(text.starts_with(expected), "{text}");
        assert!(
            text.contains("\n    [[   0    1  NaN]\n     [0.25 ...]]\n    4 of 6 shown, --values prints all\n"),
            "{text}"
        );
        assert!(text.ends_with("\nwrote a.npy: float32 [2, 3]\n"), "{text}");
    }

    #[test]
    fn statistics_say_what_they_are_of() {
        let whole = text(vec![tensor(0, true)], &style(None));
        assert!(!whole.contains("of the whole"), "{whole}");
        let part = text(vec![Tensor { slice: Some("[0, :]".into()), ..tensor(0, true) }], &style(None));
        assert!(part.contains("  values      of the whole: min -1 "), "{part}");
        assert_eq!(part.matches("of the whole: ").count(), 2, "the statistics and the histogram: {part}");
        let mut checkpoint = checkpoint();
        checkpoint.entries[0].dtype = DType::from_name("complex64").unwrap();
        assert_eq!(scope(&checkpoint.entries[0], &tensor(0, true)), "of real and imaginary parts: ");
    }

    #[test]
    fn damage_is_said() {
        let text = text(vec![tensor(0, false)], &style(None));
        assert!(text.contains("  checksum    crc32c mismatch: stored 00000abc, computed 00000def\n"), "{text}");
        assert!(text.contains("\n  ! the bytes are \\x07others\n"), "{text}");
    }

    #[test]
    fn parts_are_listed_up_to_a_cap() {
        let some = text(vec![tensor(1, true)], &style(None));
        assert!(some.contains("  slot        momentum of dense/\\x1bkernel\n"), "{some}");
        assert!(some.contains("  parts       7, every checksum ok\n              0,1:0,3   ckpt-4.data"), "{some}");
        assert!(some.contains("              and 2 more   -v\n"), "{some}");
        let all = text(vec![tensor(1, true)], &Style { verbose: true, ..style(None) });
        assert!(all.contains("6,1:0,3") && !all.contains("more   -v"), "{all}");
    }

    #[test]
    fn nothing_is_wider_than_the_terminal() {
        for columns in [40, 60, 80] {
            for unicode in [false, true] {
                let style = Style { unicode, ..style(Some(columns)) };
                let part = Tensor { slice: Some("[0, :]".into()), ..tensor(0, true) };
                let text = text(vec![tensor(0, false), tensor(1, true), part], &style);
                assert!(text.lines().all(|line| width(line) <= columns), "{columns}\n{text}");
                assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
                assert!(unicode || text.is_ascii());
            }
        }
    }
}
