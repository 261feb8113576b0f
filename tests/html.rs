//! The pages that `--html` writes: whole in themselves, harmless whatever a name holds, and as the answer says.

mod forge;
mod support;

use std::fs;

use ckpt::store::Memory;
use forge::{Forge, numbers};
use support::ask;

/// Two steps of one training, with a variable that is new and one whose name would be a script.
fn disk() -> Memory {
    let mut disk = Memory::default();
    Forge::new("run/model.ckpt-1")
        .floats("net/dense/kernel", &[3, 4], &numbers(12, 1))
        .floats("net/dense/bias", &[4], &numbers(4, 1))
        .floats("net/norm/gamma", &[4], &numbers(4, 5))
        .floats("<script>alert(1)</script>\u{1b}[2J\"'&", &[4], &numbers(4, 2))
        .put(&mut disk);
    Forge::new("run/model.ckpt-2")
        .floats("net/dense/kernel", &[3, 4], &numbers(12, 9))
        .floats("net/dense/bias", &[4], &numbers(4, 3))
        .floats("net/norm/gamma", &[4], &numbers(4, 5))
        .floats("net/head/kernel", &[4, 2], &numbers(8, 4))
        .floats("<script>alert(1)</script>\u{1b}[2J\"'&", &[4], &numbers(4, 6))
        .put(&mut disk);
    disk
}

/// The page of a call, which goes on to answer as it does without one.
fn page(disk: &Memory, args: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let with: Vec<&str> = args.iter().copied().chain(["--html", file.to_str().expect("UTF-8")]).collect();
    let (plain, answer) = (ask(disk, args), ask(disk, &with));
    assert_eq!(plain.code, answer.code, "{}", answer.err);
    let page = fs::read_to_string(file).expect("a page");
    let inert = ["<script", "src=", "href=", "http:", "https:", "url(", "@import", "\u{1b}"];
    assert!(!inert.iter().any(|what| page.contains(what)), "nothing is run, nothing is loaded: {page}");
    for tag in ["html", "body", "main", "details", "article", "figure", "svg", "div", "p", "span", "ul", "li", "pre"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}: {page}");
    }
    page
}

#[test]
fn a_comparison_with_its_layers_and_its_pictures() {
    let page = page(&disk(), &["diff", "run/model.ckpt-1", "run/model.ckpt-2"]);
    assert!(page.contains("net/") && page.contains("dense/") && page.contains(">added<"), "{page}");
    assert!(page.contains("norm/ · 1 the same"), "{page}");
    assert_eq!(page.matches("<figure>").count(), 3, "a picture of each that changed: {page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J&quot;"), "{page}");
    // Bars of both sides: 12 numbers in each of the kernel's histograms, and no empty bar is drawn.
    assert!(page.matches("<rect").count() >= 6, "{page}");
}

#[test]
fn an_examination_with_what_it_was_held_against() {
    let disk = disk();
    let page_of = |args: &[&str]| page(&disk, args);
    let page = page_of(&["doctor", "run/model.ckpt-1", "--against", "run/model.ckpt-2"]);
    assert!(page.contains("What a restore would do") && page.contains("What changed most"), "{page}");
    assert!(page.contains("NotFoundError"), "{page}");
    let alone = page_of(&["doctor", "run/model.ckpt-1"]);
    assert!(alone.contains("<h2>Variables</h2>") && alone.contains(">weight<"), "{alone}");
    let nowhere = page_of(&["doctor", "nowhere"]);
    assert!(nowhere.contains("F001") && !nowhere.contains("<h2>Variables</h2>"), "{nowhere}");
    let several = page_of(&["doctor", "run/model.ckpt-1", "run/model.ckpt-2"]);
    assert_eq!(several.matches("class=\"lead").count(), 2, "{several}");
}

#[test]
fn no_page_is_written_over_a_checkpoint() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("model.ckpt-1.index");
    fs::write(&file, "something").expect("a file");
    let answer =
        ask(&disk(), &["diff", "run/model.ckpt-1", "run/model.ckpt-2", "--html", file.to_str().expect("UTF-8")]);
    assert_eq!(answer.code, 2, "{}", answer.err);
    assert!(answer.err.contains("will not be overwritten"), "{}", answer.err);
    assert_eq!(fs::read_to_string(&file).expect("it is still there"), "something");
}
