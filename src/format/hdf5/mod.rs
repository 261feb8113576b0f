//! HDF5: the structure of a file as Keras and h5py write it, without its data.
//!
//! Only what is needed to list groups, attributes and datasets is read, in pages; the data itself is left where it
//! lies, and told by its place. A broken object is a fault, and what stands beside it is still read. Links to
//! paths and to other files are told, never followed.

mod arrays;
mod attributes;
mod btree2;
mod chunks;
mod dataset;
mod datatype;
mod dense;
mod fractal;
mod header;
mod heaps;
#[cfg(test)]
mod hostile;
mod links;
mod lookup3;
mod reader;
mod superblock;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub(super) use superblock::{SIGNATURE, is_hdf5};
pub use tree::{Attribute, Child, Chunk, Class, Dataset, Datatype, Group, GroupId, Hdf5, Node, Storage, Value};
pub use walk::read;
