//! Settings of a project: where they are found, that each has its effect, and what counts more than they do.

mod forge;
mod support;

use std::path::Path;

use ckpt::Terminal;
use ckpt::store::{Memory, Store};
use forge::{Forge, state_file};
use serde_json::Value;
use support::{Answer, ask_at};

/// Asks from `/home/project/work`: a relative path `..` leads to the project.
fn ask(disk: &dyn Store, args: &[&str]) -> Answer {
    let terminal = Terminal { folder: Some(Path::new("/home/project/work")), ..Terminal::default() };
    ask_at(disk, args, &terminal)
}

/// `nan` has a NaN in a weight (V001, an error), `inf` an infinity in a slot (V005, a warning), `sound` nothing.
/// `new` has one variable more than `sound`.
fn disk() -> Memory {
    let mut disk = Memory::default();
    let forge = |name: &str| Forge::new(&format!("runs/{name}/ckpt"));
    let whole = |name| forge(name).floats("w", &[2], &[1., 2.]).count("global_step", 1);
    whole("nan").floats("b", &[1], &[f32::NAN]).put(&mut disk);
    whole("inf").floats("w/Adam", &[2], &[f32::INFINITY, 1.]).floats("w/Adam_1", &[2], &[1., 1.]).put(&mut disk);
    whole("sound").put(&mut disk);
    whole("new").floats("head/kernel", &[1], &[1.]).put(&mut disk);
    whole("other").floats("b", &[1], &[1.]).put(&mut disk);
    disk
}

const NAN: &str = "runs/nan/ckpt";
const INF: &str = "runs/inf/ckpt";
const SOUND: &str = "runs/sound/ckpt";
const NEW: &str = "runs/new/ckpt";

/// The answer of `doctor` under some settings.
fn under(settings: &str, args: &[&str]) -> Answer {
    let mut disk = disk();
    disk.put("ckpt.toml", settings.as_bytes().to_vec());
    ask(&disk, &[&["doctor", "--format", "json"], args].concat())
}

/// Code and severity of each finding.
fn findings(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer["findings"].as_array().unwrap().iter().map(|one| (text(&one["code"]), text(&one["severity"]))).collect()
}

#[track_caller]
fn assert_found(answer: Answer, code: u8, expected: &[(&str, &str)]) -> Value {
    let json = answer.expect(code).json();
    let expected: Vec<(String, String)> =
        expected.iter().map(|(code, severity)| ((*code).to_owned(), (*severity).to_owned())).collect();
    assert_eq!(findings(&json), expected);
    assert_eq!(json["exit"], code);
    json
}

const V001: (&str, &str) = ("V001", "error");
const V005: (&str, &str) = ("V005", "warning");

#[test]
fn without_settings_the_rules_decide() {
    let json = assert_found(under("", &[NAN]), 1, &[V001]);
    assert_eq!(json["settings"], "ckpt.toml");
    assert_found(under("", &[INF]), 0, &[V005]);
    let none = ask(&disk(), &["doctor", "--format", "json", NAN]).expect(1).json();
    assert_eq!(none["settings"], Value::Null);
}

#[test]
fn select_and_ignore() {
    assert_found(under("[doctor]\nselect = [\"F\"]\n", &[NAN]), 0, &[]);
    assert_found(under("[doctor]\nselect = [\"V001\"]\n", &[NAN]), 1, &[V001]);
    assert_found(under("[doctor]\nignore = [\"nan-inf\"]\n", &[NAN]), 0, &[]);
    // What is chosen by flags is another choice.
    let ignores = "[doctor]\nselect = [\"F\"]\nignore = [\"V001\"]\n";
    assert_found(under(ignores, &["--select", "V", NAN]), 1, &[V001]);
    assert_found(under("[doctor]\nignore = [\"V001\"]\n", &["--ignore", "F", NAN]), 1, &[V001]);
    assert_found(under("[doctor]\nselect = [\"V\"]\n", &["--ignore", "V001", NAN]), 0, &[]);
}

#[test]
fn fail_on() {
    assert_found(under("[doctor]\nfail-on = \"warning\"\n", &[INF]), 1, &[V005]);
    assert_found(under("[doctor]\nfail-on = \"never\"\n", &[NAN]), 0, &[V001]);
    assert_found(under("[doctor]\nfail-on = \"warning\"\n", &["--fail-on", "error", INF]), 0, &[V005]);
    assert_found(under("[doctor]\nfail-on = \"warning\"\n", &["--exit-zero", INF]), 0, &[V005]);
    assert_found(under("", &["--fail-on", "info", INF]), 1, &[V005]);
    assert_found(under("", &["--fail-on", "never", NAN]), 0, &[V001]);
}

#[test]
fn level() {
    assert_found(under("[doctor.level]\nnan-in-slots-only = \"error\"\n", &[INF]), 1, &[("V005", "error")]);
    assert_found(under("[doctor.level]\nV = \"info\"\nV001 = \"warning\"\n", &[NAN]), 0, &[("V001", "warning")]);
    let answer = under("[doctor]\n[doctor.level]\nnan-inv = \"error\"\n", &[NAN]).expect(2);
    assert!(answer.err.contains("ckpt.toml:3: no rule nan-inv") && answer.err.contains("nan-inf?"), "{}", answer.err);
}

#[test]
fn require_finite() {
    let required = "[doctor]\nselect = [\"F\"]\nrequire-finite = true\n";
    assert_found(under(required, &[NAN]), 1, &[V001]);
    assert_found(under(required, &[INF]), 1, &[("V005", "error")]);
    let answer = under(required, &["--quick", NAN]).expect(2);
    assert!(answer.err.contains("ckpt.toml:3: require-finite needs the numbers"), "{}", answer.err);
}

#[test]
fn exclude() {
    let excluded = "[doctor]\nexclude = [\"**/nan/**\"]\n";
    let json = assert_found(under(excluded, &[NAN, SOUND]), 0, &[]);
    assert_eq!(json["subjects"].as_array().unwrap().len(), 1);
    let answer = under(excluded, &[NAN]).expect(2);
    assert!(answer.err.contains("leaves nothing to examine"), "{}", answer.err);
    let folder = "[doctor]\nexclude = [\"runs/nan/**\"]\n";
    under(folder, &["runs/nan"]).expect(2);
    assert!(under("[doctor]\nexclude = [\"[\"]\n", &[NAN]).expect(2).err.contains("ckpt.toml:2: "));
}

/// Globs and paths are from the folder of the file, wherever the program runs.
#[test]
fn paths_are_from_the_file() {
    let mut disk = disk();
    disk.put("../ckpt.toml", b"[doctor]\nexclude = [\"work/runs/nan/**\"]\nagainst = \"expected\"\n".to_vec());
    Forge::new("../expected").floats("w", &[2], &[1., 2.]).count("global_step", 1).put(&mut disk);
    let answer = ask(&disk, &["doctor", "--format", "json", NAN, SOUND]).expect(0).json();
    assert_eq!(answer["subjects"], serde_json::json!([SOUND]));
    assert_eq!(answer["settings"], "../ckpt.toml");
    assert!(!answer["goals"].as_array().unwrap().is_empty(), "held against ../expected");
}

#[test]
fn against_and_for_and_loader() {
    let against = format!("[doctor]\nagainst = \"{NEW}\"\n");
    assert_found(under(&against, &[SOUND]), 1, &[("N001", "error")]);
    // The flag counts.
    assert_found(under(&against, &["--against", SOUND, SOUND]), 0, &[]);
    let infer = format!("[doctor]\nagainst = \"{NEW}\"\nfor = \"infer\"\n");
    under(&infer, &[SOUND]).expect(1);
    under(&infer, &["--against", SOUND, SOUND]).expect(0);
    under(&infer, &["--fail-on", "never", SOUND]).expect(0);
    let answer = under("[doctor]\nfor = \"infer\"\n", &[SOUND]).expect(2);
    assert!(answer.err.contains("--against NEW names it"), "{}", answer.err);
    ask(&disk(), &["doctor", "--for", "infer", SOUND]).expect(2);
    ask(&disk(), &["doctor", "--for", "infer", "--fail-on", "info", "--against", SOUND, SOUND]).expect(2);
    let loaders = |settings: &str, args: &[&str]| {
        let json = under(settings, args).json();
        let list = json["predictions"].as_array().unwrap();
        list.iter().map(|one| one["loader"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(loaders("[doctor]\nloader = \"checkpoint\"\n", &[SOUND]), ["checkpoint"]);
    assert_eq!(loaders("[doctor]\nloader = \"checkpoint\"\n", &["--loader", "saver", SOUND]), ["saver"]);
}

/// Options go with the call that they are of.
#[test]
fn options_of_a_call() {
    let keras = "[doctor]\nloader = \"keras2-weights\"\nby-name = true\nskip-mismatch = true\n";
    let [old, new] = ["old", "new"].map(|side| {
        let folder = support::testdata().join("renames/h5-k2-renamed").join(side);
        let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|extension| extension == "h5")).unwrap().display().to_string()
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ckpt.toml");
    std::fs::write(&file, keras).unwrap();
    let of = |args: &[&str]| {
        let mut json = ask(&ckpt::store::Local, &[&["doctor", "--format", "json", &old], args].concat()).json();
        json["settings"] = Value::Null;
        json
    };
    let by_file = of(&["--config", &file.display().to_string(), "--against", &new]);
    let by_flags = of(&["--loader", "keras2-weights", "--by-name", "--skip-mismatch", "--against", &new]);
    assert_eq!(by_file, by_flags);
    assert_ne!(by_file, of(&["--loader", "keras2-weights", "--against", &new]));
    // What the project says of its call is true of a comparison, too.
    let verdict = |args: &[&str]| {
        let out = ask(&ckpt::store::Local, &[&["diff", "-q", &old, &new], args].concat()).out;
        out.lines().last().unwrap().to_owned()
    };
    let by_file = verdict(&["--config", &file.display().to_string()]);
    assert!(by_file.starts_with("Restore by keras2-weights(by_name=True, skip_mismatch=True): "), "{by_file}");
    assert_eq!(by_file, verdict(&["--loader", "keras2-weights", "--by-name", "--skip-mismatch"]));
    assert_ne!(by_file, verdict(&["--by-name"]));
}

/// A call that has no options is given none.
#[test]
fn options_that_no_call_has() {
    for command in [["diff", SOUND, NEW].as_slice(), &["doctor", SOUND, "--against", NEW]] {
        let refused = ask(&disk(), &[command, &["--loader", "saver", "--by-name"]].concat()).expect(2);
        assert!(
            refused.err.contains("--by-name is an option of load_weights: --loader saver has none"),
            "{}",
            refused.err
        );
        ask(&disk(), &[command, &["--loader", "saver"]].concat()).expect(1);
    }
}

#[test]
fn allow_missing() {
    let allowed = |globs: &str| format!("[doctor]\nagainst = \"{NEW}\"\nallow-missing = [{globs}]\n");
    let json = assert_found(under(&allowed("\"head/**\""), &[SOUND]), 0, &[("N001", "info")]);
    assert!(json["findings"][0]["evidence"].to_string().contains("is expected"));
    assert_found(under(&allowed("\"body/**\""), &[SOUND]), 1, &[("N001", "error")]);
    assert!(under(&allowed("\"[\""), &[SOUND]).expect(2).err.contains("ckpt.toml:3: "));
}

/// Through an object graph as by name; and what would take the value of another one is not missing.
#[test]
fn allow_missing_of_object_graphs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ckpt.toml").display().to_string();
    let severity = |pair: &str, code: &str, glob: &str| {
        std::fs::write(&file, format!("[doctor]\nallow-missing = [\"{glob}\"]\n")).unwrap();
        let [old, new] =
            ["old", "new"].map(|side| format!("{}/renames/{pair}/{side}/ckpt", support::testdata().display()));
        let args = ["doctor", "--format", "json", "--config", &file, &old, "--against", &new];
        let found = findings(&ask(&ckpt::store::Local, &args).json());
        found.into_iter().find(|(found, _)| found == code).map(|(_, severity)| severity)
    };
    assert_eq!(severity("k3-blocks-added", "O001", "**").as_deref(), Some("info"));
    assert_eq!(
        severity("k3-blocks-added", "O001", "**/block_2/**").as_deref(),
        Some("error"),
        "others are missing too"
    );
    assert_eq!(severity("k3-inserted-middle", "O005", "**").as_deref(), Some("error"));
}

#[test]
fn per_path() {
    let settings = format!(
        "[doctor]\nselect = [\"V\", \"N\"]\n[doctor.per-path.\"runs/nan/**\"]\nignore = [\"V001\"]\n\
         [doctor.per-path.\"runs/inf/**\"]\nlevel = {{ V005 = \"error\" }}\nloader = \"checkpoint\"\n\
         [doctor.per-path.\"runs/**\"]\nlevel = {{ V005 = \"info\" }}\nloader = \"saver\"\n\
         [doctor.per-path.\"runs/sound/*\"]\nagainst = \"{NEW}\"\nallow-missing = [\"kernel\"]\n"
    );
    let expected = [("V005", "error"), ("N001", "info")];
    let json = assert_found(under(&settings, &[NAN, INF, SOUND]), 1, &expected);
    let loaders: Vec<&Value> = json["predictions"].as_array().unwrap().iter().map(|one| &one["loader"]).collect();
    assert_eq!(loaders, ["saver", "checkpoint", "saver"], "the longest glob is the nearest");
    assert_found(under(&settings, &["--select", "V001", NAN]), 1, &[V001]);
}

#[test]
fn diff_has_its_own() {
    let of = |settings: &str, args: &[&str]| {
        let mut disk = disk();
        disk.put("ckpt.toml", settings.as_bytes().to_vec());
        Forge::new("a").floats("w", &[1], &[1.]).put(&mut disk);
        Forge::new("b").floats("w", &[1], &[1.25]).put(&mut disk);
        ask(&disk, &[&["diff"], args].concat())
    };
    let pair = ["a", "b"];
    of("", &pair).expect(1);
    of("[diff]\natol = 0.5\n", &pair).expect(0);
    of("[diff]\nrtol = 0.5\n", &pair).expect(0);
    of("[diff]\natol = 0.5\n", &["a", "b", "--atol", "0.1"]).expect(1);
    of("[diff]\nfail-on = [\"removed\"]\n", &pair).expect(0);
    of("[diff]\nfail-on = [\"removed\"]\n", &["a", "b", "--fail-on", "changed"]).expect(1);
    of("[diff]\nfor = \"resume\"\n", &pair).expect(0);
    of("[diff]\nfor = \"resume\"\n", &["a", "b", "--for", "exact"]).expect(1);
    assert!(of("[diff]\natol = -1.0\n", &pair).expect(2).err.contains("not a number from 0 on"));
}

/// A flag names a file, the environment one, the folder one: in this order.
#[test]
fn which_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, fail_on: &str| {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, format!("[doctor]\nfail-on = \"{fail_on}\"\n")).unwrap();
    };
    let run = |args: &[&str], env: Option<&str>| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_ckpt"));
        program.args(["doctor", "nowhere", "--format", "json"]).args(args).current_dir(folder.path().join("work"));
        program.env_remove("CKPT_CONFIG").env_remove("CKPT_FORMAT");
        env.map(|file| program.env("CKPT_CONFIG", file));
        let output = program.output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code().unwrap(), json["settings"].as_str().unwrap_or("none").to_owned())
    };
    put("ckpt.toml", "never");
    put("work/by-env.toml", "error");
    put("work/by-flag.toml", "never");
    // At a path that cannot be looked at nothing is a success.
    let (never, error) = (2, 1);
    assert_eq!(run(&[], None), (never, "../ckpt.toml".to_owned()));
    assert_eq!(run(&[], Some("by-env.toml")), (error, "by-env.toml".to_owned()));
    assert_eq!(run(&["--config", "by-flag.toml"], Some("by-env.toml")), (never, "by-flag.toml".to_owned()));
    assert_eq!(run(&["--no-config"], Some("by-env.toml")), (error, "none".to_owned()));
    assert_eq!(run(&["--fail-on", "error"], None), (error, "../ckpt.toml".to_owned()));
    assert_eq!(run(&["--config", "no-such.toml"], None).0, 2);
    assert_eq!(run(&[], Some("")), (never, "../ckpt.toml".to_owned()), "what is empty is not set");
    put("work/pyproject.toml", "error");
    assert_eq!(run(&["--config", "pyproject.toml"], None).0, 2, "it has no [tool.ckpt]");
    assert_eq!(run(&[], None), (never, "../ckpt.toml".to_owned()), "a project that does not speak of us");
}

#[test]
fn other_commands_have_no_settings() {
    let mut disk = disk();
    disk.put("ckpt.toml", b"not = toml = at all".to_vec());
    ask(&disk, &["ls", SOUND]).expect(0);
    let answer = ask(&disk, &["doctor", SOUND]).expect(2);
    assert!(answer.err.contains("ckpt.toml:1: "), "{}", answer.err);
    ask(&disk, &["doctor", "--no-config", SOUND]).expect(0);
}

/// Known findings do not fail, and are told apart in every format.
#[test]
fn a_baseline_knows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.toml").display().to_string();
    let mut disk = disk();
    let missing = ask(&disk, &["doctor", "--baseline", &file, NAN]).expect(2);
    assert!(missing.err.contains("--write-baseline makes one"), "{}", missing.err);
    ask(&disk, &["doctor", "--write-baseline", NAN]).expect(2);
    let written = ask(&disk, &["doctor", "--baseline", &file, "--write-baseline", NAN, INF]).expect(0);
    assert!(written.out.contains("2 known findings written"), "{}", written.out);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("code = \"V001\"") && text.contains("path = \"runs/nan/ckpt\""), "{text}");

    // Somebody writes down why, and until when.
    let reasons = text.replacen("known when the baseline was written", "it diverged: #12", 1);
    disk.put("known.toml", reasons.clone().into_bytes());
    let of =
        |disk: &Memory, more: &[&str]| ask(disk, &[&["doctor", "--baseline", "known.toml", NAN, INF], more].concat());
    let json = of(&disk, &["--format", "json", "--fail-on", "info"]).expect(0).json();
    assert_eq!(json["findings"], serde_json::json!([]));
    assert_eq!(json["summary"]["error"], 0);
    assert_eq!((&json["known"][0]["code"], &json["known"][0]["reason"]), (&"V001".into(), &"it diverged: #12".into()));
    assert!(of(&disk, &[]).out.contains("known.toml: 2 known findings left out"));
    assert!(of(&disk, &["-v"]).out.contains("known: V001 nan-inf: NaN in the model"));
    let sarif = of(&disk, &["--format", "sarif"]).expect(0).json();
    let row = &sarif["runs"][0]["results"][0];
    assert_eq!(row["suppressions"][0]["justification"], "it diverged: #12");
    assert_eq!(row["baselineState"], "unchanged");
    assert!(of(&disk, &["--format", "junit"]).out.contains("<skipped message=\"known: it diverged: #12\"/>"));
    assert!(of(&disk, &["--format", "markdown"]).out.contains("Known: V001 nan-inf (it diverged: \\#12)"));
    assert_eq!(of(&disk, &["--format", "gitlab"]).out, "[]\n");
    assert_eq!(of(&disk, &["--format", "github"]).out, "");

    // Where nothing is found any more, that is told; what is new fails.
    let stale = ask(&disk, &["doctor", "--baseline", "known.toml", SOUND]).expect(0);
    assert!(stale.out.contains("not found here: V001 nan-inf runs/nan/ckpt"), "{}", stale.out);
    let unasked = ask(&disk, &["doctor", "--baseline", "known.toml", "--quick", SOUND]).expect(0);
    assert!(!unasked.out.contains("not found here"), "{}", unasked.out);
    let other = ask(&disk, &["doctor", "--baseline", "known.toml", "runs/nan/ckpt", "nowhere"]).expect(1);
    assert!(other.out.contains("F001"), "{}", other.out);

    // What is accepted until yesterday fails today.
    let ended = reasons.replacen("reason = \"it diverged: #12\"", "reason = \"x\"\nuntil = 2001-01-01", 1);
    disk.put("known.toml", ended.into_bytes());
    let answer = of(&disk, &[]).expect(1);
    assert!(answer.out.contains("known until 2001-01-01, and no longer: V001"), "{}", answer.out);
    let notices = of(&disk, &["--format", "github"]).expect(1).out;
    assert!(notices.contains("::notice title=baseline::known.toml: known until 2001-01-01"), "{notices}");
}

/// Written anew, a baseline keeps what people wrote.
#[test]
fn a_baseline_is_kept_up() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let fixture = support::testdata().join("damaged/demo").display().to_string();
    let run = |args: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_ckpt"));
        program.arg("doctor").args(args).current_dir(folder.path()).env_remove("CKPT_CONFIG");
        program.output().unwrap().status.code()
    };
    let read = || std::fs::read_to_string(folder.path().join("known.toml")).unwrap();
    // Settings can name it as well.
    write("ckpt.toml", "[doctor]\nbaseline = \"known.toml\"\n");
    assert_eq!(run(&[&fixture]), Some(2), "there is none yet");
    assert_eq!(run(&[&fixture, "--write-baseline"]), Some(0));
    assert_eq!(run(&[&fixture]), Some(0));
    let reasoned = read().replacen("known when the baseline was written", "a demonstration", 1);
    let other =
        "\n[[known]]\ncode = \"F001\"\nname = \"\"\npath = \"\"\nfingerprint = \"00\"\nreason = \"another one\"\n";
    let ended = "\n[[known]]\ncode = \"F001\"\nfingerprint = \"01\"\nreason = \"gone\"\nuntil = 2001-01-01\n";
    write("known.toml", &format!("{reasoned}{other}{ended}"));
    assert_eq!(run(&[&fixture, "--write-baseline"]), Some(0));
    assert_eq!(read(), format!("{reasoned}{other}"));
    write("known.toml", "[[known]]\ncode = \"F001\"\nfingerprint = \"00\"\nreason = \"\"\n");
    assert_eq!(run(&[&fixture]), Some(2), "no entry without a reason");
}

#[test]
fn statistics_count() {
    let mut disk = disk();
    disk.put("runs/checkpoint", state_file(&["/elsewhere/ckpt"]));
    let of = |format: &str| ask(&disk, &["doctor", "--statistics", "--format", format, NAN, INF]).expect(1).out;
    assert!(
        of("text").starts_with("1  error    V001 nan-inf\n1  warning  V005 nan-in-slots-only\n\n"),
        "{}",
        of("text")
    );
    assert!(of("text").ends_with("2 findings in 2 of 2 checkpoints (1 error, 1 warning)\n"));
    assert_eq!(of("concise"), of("text"));
    assert!(of("markdown").contains("| 1 | error | V001 nan-inf |\n"), "{}", of("markdown"));
    assert!(!of("markdown").contains("###"));
    let narrow = Terminal { stdout: true, width: Some(40), ..Terminal::default() };
    let args = ["doctor", "--statistics", "--color", "never", NAN, INF, "nowhere"];
    let text = ask_at(&disk, &args, &narrow).out;
    assert!(text.lines().all(|line| line.len() <= 40), "{text}");
}

/// The schema of the settings takes what the program takes.
#[test]
fn settings_have_a_schema() {
    let schema = ask(&Memory::default(), &["schema", "config"]).expect(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let takes = |text: &str| {
        let value: Value = serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
        validator.is_valid(&value)
    };
    assert!(takes("[doctor]\nfail-on = \"never\"\nlevel = { V001 = \"info\" }\n[diff]\natol = 0.5\n"));
    assert!(takes("[doctor.per-path.\"a/**\"]\nloader = \"keras3-weights\"\n"));
    assert!(!takes("[doctor]\nfail_on = \"never\"\n"));
    assert!(!takes("[doctor]\nfail-on = \"always\"\n"));
}
