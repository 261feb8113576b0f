//! The kinds of files that variables lie in, and what those say of themselves.

/// The kinds of files that variables lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// TensorBundle: `PREFIX.index` and data files.
    Bundle,
    /// The older format of one table, or a set of them.
    V1,
    /// A graph that says which variables it expects, without values.
    MetaGraph,
    /// HDF5: a whole model as Keras 1 and 2 saved it, and Keras 3 still can.
    KerasModelH5,
    /// HDF5: the weights alone, by layer.
    KerasLayersH5,
    /// HDF5: the weights by object path (`.weights.h5`).
    KerasWeightsH5,
    /// Several of those with an index (`.weights.json`).
    KerasWeightsShards,
    /// A `.keras` archive, or its folder.
    KerasArchive,
}

impl Container {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Bundle,
        Self::V1,
        Self::MetaGraph,
        Self::KerasModelH5,
        Self::KerasLayersH5,
        Self::KerasWeightsH5,
        Self::KerasWeightsShards,
        Self::KerasArchive,
    ];

    /// Its name in outputs for programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::Bundle => "tensorbundle-v2",
            Self::V1 => "checkpoint-v1",
            Self::MetaGraph => "meta-graph",
            Self::KerasModelH5 => "keras-model-h5",
            Self::KerasLayersH5 => "keras-layers-h5",
            Self::KerasWeightsH5 => "keras-weights-h5",
            Self::KerasWeightsShards => "keras-weights-shards",
            Self::KerasArchive => "keras-archive",
        }
    }

    /// True if its data have checksums: HDF5 has none as Keras writes it.
    pub fn has_checksums(self) -> bool {
        matches!(self, Self::Bundle | Self::V1)
    }

    /// True if links may stand where tensors should: in HDF5.
    pub fn has_links(self) -> bool {
        !matches!(self, Self::Bundle | Self::V1 | Self::MetaGraph)
    }

    /// In words: what it is.
    pub fn words(self) -> &'static str {
        match self {
            Self::Bundle => "TensorFlow checkpoint",
            Self::V1 => "TensorFlow checkpoint in format V1",
            Self::MetaGraph => "graph of a TensorFlow program",
            Self::KerasModelH5 => "Keras model in HDF5",
            Self::KerasLayersH5 => "weights of a Keras model in HDF5, by layer",
            Self::KerasWeightsH5 => "weights of a Keras model (.weights.h5)",
            Self::KerasWeightsShards => "weights of a Keras model in shards",
            Self::KerasArchive => "Keras model (.keras)",
        }
    }
}

/// The versions that a file names, of what wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Of TensorFlow.
    pub tensorflow: Option<String>,
    /// Of Keras.
    pub keras: Option<String>,
    /// What Keras ran on.
    pub backend: Option<String>,
}

/// A layer of a Keras model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Its class (`Dense`), if the configuration is there.
    pub class: Option<String>,
    /// Where the class comes from, if it is not one of Keras' own: its registered name (`my>Scale`).
    pub registered: Option<String>,
    /// True if its configuration holds Python bytecode, which is run when the model is loaded.
    pub has_bytecode: bool,
}
