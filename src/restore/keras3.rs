use super::{Course, Scene};

pub(super) fn weights(_scene: &Scene) -> Course {
    Course::default()
}

pub(super) fn model(_scene: &Scene) -> Course {
    Course::default()
}
