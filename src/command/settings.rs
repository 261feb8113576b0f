//! What a run of `doctor` goes by: flags before the project's file before the defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::diff;
use super::doctor::unknown;
use crate::cli::{self, Call as Flags, FailOn, LoaderName};
use crate::config::{self, File, Level, PerPath};
use crate::doctor::{Selection, Severity, UnknownRule};
use crate::error::Error;
use crate::model::{Depth, NameGlob, PathGlob};
use crate::restore::{Loader, Options};
use crate::view::Fails;

/// Rules that a project which wants finite numbers cannot do without.
const OF_FINITENESS: [&str; 2] = ["V001", "V005"];

/// The flags and the file.
pub(super) struct Settings<'a> {
    flags: &'a cli::Doctor,
    file: Option<&'a File>,
    excluded: Vec<PathGlob>,
    /// The longest glob last, which counts most.
    per_path: Vec<(PathGlob, &'a PerPath)>,
}

/// What holds for one path.
pub(super) struct Expected {
    pub selection: Selection,
    pub depth: Depth,
    /// What the new code would save.
    pub against: Option<PathBuf>,
    pub call: Call,
}

/// The call that is asked about.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub loader: Option<Loader>,
    pub options: Options,
}

impl<'a> Settings<'a> {
    /// Takes them together.
    ///
    /// # Errors
    /// If a loader has no such option, or the file has a glob that is none, or wants what the flags do not let it have.
    pub fn new(flags: &'a cli::Doctor, file: Option<&'a File>) -> Result<Self, Error> {
        let Flags { loader: name, by_name, skip_mismatch } = flags.call;
        if let Some(loader) = name.map(loader).filter(|loader| !loader.takes_options() && (by_name || skip_mismatch)) {
            let flag = if by_name { "--by-name" } else { "--skip-mismatch" };
            let error = Error::new(format!("{flag} is an option of load_weights: --loader {} has none", loader.word()));
            return Err(error.hint("as with --loader keras2-weights, keras3-weights"));
        }
        let mut settings = Self { flags, file, excluded: Vec::new(), per_path: Vec::new() };
        let Some((file, config)) = settings.config() else { return Ok(settings) };
        if config.require_finite && flags.quick {
            let error = Error::new(format!("{}: require-finite needs the numbers", file.at("require-finite")));
            return Err(error.hint("leave out --quick, or the file: --no-config"));
        }
        settings.excluded = config.exclude.iter().map(|text| glob(file, text)).collect::<Result<_, _>>()?;
        for (text, per_path) in &config.per_path {
            settings.per_path.push((glob(file, text)?, per_path));
        }
        settings.per_path.sort_by_key(|(matcher, _)| matcher.text().len());
        Ok(settings)
    }

    fn config(&self) -> Option<(&'a File, &'a config::Doctor)> {
        self.file.map(|file| (file, &file.config.doctor))
    }

    /// The file, by name.
    pub fn label(&self) -> Option<String> {
        self.file.map(|file| file.label.clone())
    }

    /// True if a path is left out.
    pub fn excludes(&self, path: &Path) -> bool {
        self.excluded.iter().any(|glob| self.is_at(glob, path))
    }

    fn is_at(&self, glob: &PathGlob, path: &Path) -> bool {
        self.file.is_some_and(|file| {
            let place = file.place(path);
            // A folder is in what is below it.
            glob.matches(place.as_ref()) || glob.matches(format!("{place}/").as_ref())
        })
    }

    /// What makes the exit code 1.
    pub fn fails(&self) -> Fails {
        let config = self.config().map(|(_, config)| config);
        // What a flag says counts before what the other one would say.
        let (goal, fail_on) = match (self.flags.goal, self.flags.fail_on) {
            (None, None) => (config.and_then(|config| config.goal), config.and_then(|config| config.fail_on)),
            given => given,
        };
        match (goal, fail_on.unwrap_or(FailOn::Error)) {
            (Some(name), _) => Fails::For(diff::goal(name)),
            (None, FailOn::Error) => Fails::On(Severity::Error),
            (None, FailOn::Warning) => Fails::On(Severity::Warning),
            (None, FailOn::Info) => Fails::On(Severity::Info),
            (None, FailOn::Never) => Fails::Never,
        }
    }

    /// The list of known findings.
    pub fn baseline(&self) -> Option<PathBuf> {
        let named = self.config().and_then(|(file, config)| Some(file.path(config.baseline.as_ref()?)));
        self.flags.baseline.clone().or(named)
    }

    /// What holds for a path.
    ///
    /// # Errors
    /// If a word names no rule, or a glob is none.
    pub fn of(&self, path: &Path) -> Result<Expected, Error> {
        let selection = self.selection(path)?;
        let depth = if self.flags.quick { selection.depth().min(Depth::Files) } else { selection.depth() };
        let expected = Expected { selection, depth, against: self.against(path), call: self.call(path) };
        if matches!(self.fails(), Fails::For(_)) && expected.against.is_none() {
            return Err(Error::new("--for needs something to restore into").hint("--against NEW names it"));
        }
        Ok(expected)
    }

    /// What is said for some paths only, of those that this one is among.
    fn near(&self, path: &Path) -> impl DoubleEndedIterator<Item = &'a PerPath> {
        self.per_path.iter().filter(|(glob, _)| self.is_at(glob, path)).map(|(_, per_path)| *per_path)
    }

    fn selection(&self, path: &Path) -> Result<Selection, Error> {
        let Some((file, config)) = self.config() else {
            return Selection::new(&self.flags.select, &self.flags.ignore).map_err(unknown);
        };
        let said = |rule: UnknownRule| {
            let error = unknown(rule.clone());
            Error { message: format!("{}: {}", file.at(&rule.word), error.message), ..error }
        };
        // A choice by flags is another choice, not a part of the file's.
        let chosen = !self.flags.select.is_empty();
        let select = config.select.as_deref().filter(|_| !chosen).unwrap_or_default();
        let ignore = config.ignore.as_deref().filter(|_| !chosen && self.flags.ignore.is_empty()).unwrap_or_default();
        let mut selection = if chosen {
            Selection::new(&self.flags.select, &self.flags.ignore).map_err(unknown)?
        } else {
            let mut selection = Selection::new(select, ignore).map_err(said)?;
            self.flags.ignore.iter().try_for_each(|word| selection.choose(word, false)).map_err(unknown)?;
            selection
        };
        selection.level(levels(&config.level)).map_err(said)?;
        selection.allow(names(file, &config.allow_missing)?);
        for near in self.near(path) {
            if !chosen {
                near.ignore.iter().try_for_each(|word| selection.choose(word, false)).map_err(said)?;
            }
            selection.level(levels(&near.level)).map_err(said)?;
            selection.allow(names(file, &near.allow_missing)?);
        }
        if config.require_finite {
            OF_FINITENESS.iter().try_for_each(|code| selection.choose(code, true)).map_err(said)?;
            selection.level(OF_FINITENESS.iter().map(|code| (*code, Severity::Error))).map_err(said)?;
        }
        Ok(selection)
    }

    fn against(&self, path: &Path) -> Option<PathBuf> {
        if self.flags.against.is_some() {
            return self.flags.against.clone();
        }
        let (file, config) = self.config()?;
        let near = self.near(path).rev().find_map(|near| near.against.as_ref());
        near.or(config.against.as_ref()).map(|path| file.path(path))
    }

    /// The call that loads what lies at a path.
    pub fn call(&self, path: &Path) -> Call {
        let Flags { loader: mut name, by_name, skip_mismatch } = self.flags.call;
        let mut options = Options { by_name, skip_mismatch };
        // A call is one thing: its options go with it.
        if let (None, Options { by_name: false, skip_mismatch: false }, Some((_, config))) =
            (name, options, self.config())
        {
            name = self.near(path).rev().find_map(|near| near.loader).or(config.loader);
            options = Options { by_name: config.by_name, skip_mismatch: config.skip_mismatch };
        }
        Call { loader: name.map(loader), options }
    }
}

fn levels(levels: &BTreeMap<String, Level>) -> impl Iterator<Item = (&str, Severity)> {
    levels.iter().map(|(word, level)| {
        let severity = match level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Info,
        };
        (word.as_str(), severity)
    })
}

fn names(file: &File, globs: &[String]) -> Result<Vec<NameGlob>, Error> {
    let read =
        |text: &String| NameGlob::new(text).map_err(|error| Error::new(format!("{}: {text}: {error}", file.at(text))));
    globs.iter().map(read).collect()
}

fn glob(file: &File, text: &str) -> Result<PathGlob, Error> {
    PathGlob::new(text).map_err(|error| Error::new(format!("{}: {text}: {error}", file.at(text))))
}

fn loader(name: LoaderName) -> Loader {
    match name {
        LoaderName::Checkpoint => Loader::Checkpoint,
        LoaderName::Manager => Loader::Manager,
        LoaderName::Saver => Loader::Saver,
        LoaderName::Keras2Weights => Loader::Keras2Weights,
        LoaderName::Keras2Model => Loader::Keras2Model,
        LoaderName::Keras3Weights => Loader::Keras3Weights,
        LoaderName::Keras3Model => Loader::Keras3Model,
        LoaderName::SavedModel => Loader::SavedModel,
    }
}
