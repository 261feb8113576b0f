//! What a graph's Saver asks of a checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashSet, HashSetExt};

use super::graph::{Graph, Node, axes, dtype, shape};
use crate::bytes::limits;
use crate::model::{DType, Needed, Shape};
use crate::proto::meta_graph::VariableDef;
use crate::proto::meta_graph::attr_value::Value;

/// The operations that read a checkpoint, of both formats.
const RESTORING: [&str; 3] = ["RestoreV2", "RestoreSlice", "Restore"];

/// Operations between what is restored and what it is assigned to, at most.
const STEPS: usize = 16;

/// The variables that the graph wants from a checkpoint, by key. Without a Saver these are all global
/// variables, as for a Saver that is told none.
///
/// # Errors
/// If a node that is needed for it is malformed.
pub(in crate::format) fn wanted(graph: &Graph) -> Result<Wants, String> {
    let mut wanted = Wanted::default();
    Restoring::find(graph)?.read(graph, &mut wanted)?;
    if wanted.found.is_empty() {
        for variable in graph.variables() {
            wanted.add_variable(graph, &variable?)?;
        }
    }
    let named = wanted.found.into_iter().map(|(name, found)| Needed {
        name,
        dtype: found.dtype,
        shape: found.shape,
        is_reference: found.is_reference,
    });
    Ok(Wants { variables: named.collect(), strange: wanted.strange })
}

/// What a graph wants.
pub(in crate::format) struct Wants {
    /// The variables, by key.
    pub variables: Vec<Needed>,
    /// Keys of those of which it asks for a slice that no tensor has.
    pub strange: BTreeSet<String>,
}

#[derive(Default)]
struct Wanted {
    found: BTreeMap<String, Declared>,
    strange: BTreeSet<String>,
}

/// What a graph says of a variable.
#[derive(Clone)]
struct Declared {
    dtype: DType,
    shape: Shape,
    is_reference: bool,
}

impl Wanted {
    /// A partitioned variable is added once for each of its slices, always with its whole shape.
    fn add(&mut self, key: String, declared: Declared) {
        let known = self.found.entry(key).or_insert_with(|| declared.clone());
        if known.shape.axes().is_none() {
            known.shape = declared.shape;
        }
    }

    fn add_variable(&mut self, graph: &Graph, variable: &VariableDef) -> Result<(), String> {
        let (name, _) = output(&variable.variable_name);
        let found = declared(graph, name)?;
        match &variable.save_slice_info_def {
            Some(slice) if !slice.full_name.is_empty() => {
                let full: Option<Vec<u64>> = slice.full_shape.iter().map(|&axis| u64::try_from(axis).ok()).collect();
                let shape = full.map_or_else(Shape::unknown, axes);
                self.add(slice.full_name.clone(), Declared { shape, ..found });
            }
            _ => self.add(name.to_owned(), found),
        }
        Ok(())
    }
}

/// The operations that the Saver's restoring operation needs.
#[derive(Default)]
struct Restoring<'a> {
    /// Those that read a checkpoint.
    reads: Vec<Node<'a>>,
    /// Variable and value of those that assign, as inputs are written.
    assigns: Vec<(&'a str, &'a str)>,
    /// The first input of every operation that may pass a value on.
    sources: HashMap<&'a str, &'a str>,
}

impl<'a> Restoring<'a> {
    fn find(graph: &'a Graph) -> Result<Self, String> {
        let mut found = Self::default();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut next = vec![graph.saver.restore_op_name.as_str()];
        while let Some(name) = next.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(node) = graph.node(name)? else { continue };
            if RESTORING.contains(&node.op) {
                found.reads.push(node);
                continue;
            }
            next.extend(node.inputs.iter().map(|input| output(input).0));
            match node.inputs.as_slice() {
                [variable, value, ..] if node.op.starts_with("Assign") => found.assigns.push((variable, value)),
                [source, ..] => {
                    found.sources.insert(node.name, source);
                }
                [] => {}
            }
        }
        Ok(found)
    }

    fn read(&self, graph: &Graph, wanted: &mut Wanted) -> Result<(), String> {
        let variables = self.variables();
        let mut done: HashSet<&str> = HashSet::new();
        for read in &self.reads {
            let Some(names) = read.inputs.get(1).filter(|names| done.insert(names)) else { continue };
            let names = texts(graph, names)?;
            let slices = match read.inputs.get(2) {
                Some(slices) => texts(graph, slices)?,
                None => Vec::new(),
            };
            let types = match (read.attribute("dtypes")?, read.attribute("dt")?) {
                (Some(Value::List(list)), _) => list.r#type,
                (_, Some(Value::Type(dtype))) => vec![dtype],
                _ => Vec::new(),
            };
            // A constant stands for as many equal texts as its last one is asked for.
            let repeated = slices.last().map(String::as_str).unwrap_or_default();
            for (position, name) in names.into_iter().enumerate() {
                let dtype = dtype(types.get(position).copied().unwrap_or_default());
                let slice = slices.get(position).map_or(repeated, String::as_str);
                let variable = variables.get(&(read.name, position)).copied().unwrap_or(&name);
                let found = declared(graph, variable)?;
                let whole = whole(slice);
                if whole.is_none() && !slice.is_empty() {
                    wanted.strange.insert(name.clone());
                }
                wanted.add(name, Declared { dtype, shape: whole.unwrap_or(found.shape), ..found });
            }
        }
        Ok(())
    }

    /// To which variable each output of an operation that reads goes.
    fn variables(&self) -> HashMap<(&str, usize), &str> {
        let reads: HashSet<&str> = self.reads.iter().map(|read| read.name).collect();
        let assigned = self.assigns.iter().filter_map(|(variable, value)| {
            let mut source = output(value);
            for _ in 0..STEPS {
                if reads.contains(source.0) {
                    return Some((source, output(variable).0));
                }
                source = output(self.sources.get(source.0)?);
            }
            None
        });
        assigned.collect()
    }
}

/// The node that an input names, and which of its outputs.
fn output(input: &str) -> (&str, usize) {
    let input = input.strip_prefix('^').unwrap_or(input);
    let numbered = input.rsplit_once(':').and_then(|(node, number)| Some((node, number.parse().ok()?)));
    numbered.unwrap_or((input, 0))
}

/// A variable by its node.
fn declared(graph: &Graph, name: &str) -> Result<Declared, String> {
    let Some(node) = graph.node(name)? else {
        return Ok(Declared { dtype: DType::UNKNOWN, shape: Shape::unknown(), is_reference: false });
    };
    let dtype = match node.attribute("dtype")? {
        Some(Value::Type(number)) => dtype(number),
        _ => DType::UNKNOWN,
    };
    let shape = match node.attribute("shape")? {
        Some(Value::Shape(message)) => shape(Some(&message)),
        _ => Shape::unknown(),
    };
    Ok(Declared { dtype, shape, is_reference: matches!(node.op, "Variable" | "VariableV2") })
}

/// The strings of a constant that an input names.
fn texts(graph: &Graph, input: &str) -> Result<Vec<String>, String> {
    let Some(node) = graph.node(output(input).0)? else { return Ok(Vec::new()) };
    let Some(Value::Tensor(tensor)) = node.attribute("value")? else { return Ok(Vec::new()) };
    let texts = tensor.string_val.iter().map(|text| String::from_utf8_lossy(text).into_owned());
    Ok(texts.collect())
}

/// The shape of the whole that a slice is cut from: `[10, 4]` of `10 4 0,4:0,4`; none if it is no slice. Of more
/// axes than a tensor can have, no more are read than tell so.
fn whole(slice: &str) -> Option<Shape> {
    let (whole, cuts) = slice.rsplit_once(' ')?;
    let axes_of = whole.split(' ').take(limits::RANK.saturating_add(1));
    let whole: Vec<u64> = axes_of.map(|axis| axis.parse().ok()).collect::<Option<_>>()?;
    let fits =
        whole.len() <= limits::RANK && cuts.split(':').take(whole.len().saturating_add(1)).count() == whole.len();
    fits.then(|| axes(whole)).filter(|shape| shape.elements().is_some())
}
