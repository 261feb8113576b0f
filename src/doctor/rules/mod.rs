//! The register of rules: one file each, in the order of their codes.

use super::rule::Rule;

pub(super) mod archive_damaged;
pub(super) mod asset_missing;
pub(super) mod by_name_zero_match;
pub(super) mod config_keyword;
pub(super) mod config_malformed;
pub(super) mod data_checksum;
pub(super) mod data_truncated;
pub(super) mod directory_for_file;
pub(super) mod dot_keras_not_zip;
pub(super) mod dtype;
pub(super) mod dtype_object;
pub(super) mod endianness;
pub(super) mod entry_invalid;
pub(super) mod expected_n_received_0;
pub(super) mod file_unreadable;
pub(super) mod filename_rule;
pub(super) mod frozen_shift;
pub(super) mod glob_chars_in_prefix;
pub(super) mod graph_file_malformed;
pub(super) mod gru_reset_after;
pub(super) mod h5_malformed;
pub(super) mod h5_not_read;
pub(super) mod h5_shape;
pub(super) mod h5_truncated;
pub(super) mod hdf5_external_link;
pub(super) mod html_or_archive;
pub(super) mod hub_cache_hollow;
pub(super) mod incomplete_look;
pub(super) mod index_block_corrupt;
pub(super) mod index_malformed;
pub(super) mod index_missing;
pub(super) mod index_truncated;
pub(super) mod keras3_format;
pub(super) mod keras_file_incomplete;
pub(super) mod keras_metadata_missing;
pub(super) mod key_missing;
pub(super) mod lambda_layer;
pub(super) mod layer_count;
pub(super) mod layer_index_shift;
pub(super) mod leftover_shards;
pub(super) mod legacy_optimizer;
pub(super) mod lfs_pointer;
pub(super) mod meta_missing;
pub(super) mod multi_gpu_wrapper;
pub(super) mod name_based_into_object;
pub(super) mod nan_in_slots_only;
pub(super) mod nan_inf;
pub(super) mod never_trained_values;
pub(super) mod not_a_keras_weights_h5;
pub(super) mod object_graph_broken;
pub(super) mod optimizer_class_changed;
pub(super) mod optimizer_not_loaded;
pub(super) mod optimizer_slots_missing;
pub(super) mod optimizer_state_skipped;
pub(super) mod option_not_taken;
pub(super) mod other_keras;
pub(super) mod other_loader;
pub(super) mod partial_restore;
pub(super) mod parts_renamed_or_mixed;
pub(super) mod path_is_dir;
pub(super) mod path_is_index;
pub(super) mod path_is_part_file;
pub(super) mod path_no_match;
pub(super) mod path_not_valid_checkpoint;
pub(super) mod position_swap;
pub(super) mod program_differs;
pub(super) mod restore_incomplete;
pub(super) mod restore_raises;
pub(super) mod rotated_away;
pub(super) mod save_interrupted;
pub(super) mod saved_model_without_variables;
pub(super) mod savedmodel_not_here;
pub(super) mod shape_config;
pub(super) mod shape_head;
pub(super) mod shape_object;
pub(super) mod shard_missing;
pub(super) mod skipped_head_left_random;
pub(super) mod slices_broken;
pub(super) mod state_missing;
pub(super) mod state_points_elsewhere;
pub(super) mod state_unreadable;
pub(super) mod unknown_custom_class;
pub(super) mod unknown_loss_or_metric;
pub(super) mod unowned_bytes;
pub(super) mod untracked_weights;
pub(super) mod v1_file;
pub(super) mod values_misplaced;
pub(super) mod version_refused;
pub(super) mod weights_misfit_config;
pub(super) mod weights_only_given_to_load_model;
pub(super) mod weights_per_layer;
pub(super) mod windows_rename;

/// Every rule, in the order of their codes.
pub static ALL: &[&Rule] = &[
    &path_no_match::RULE,
    &path_not_valid_checkpoint::RULE,
    &path_is_part_file::RULE,
    &path_is_index::RULE,
    &path_is_dir::RULE,
    &glob_chars_in_prefix::RULE,
    &index_missing::RULE,
    &shard_missing::RULE,
    &state_missing::RULE,
    &state_points_elsewhere::RULE,
    &state_unreadable::RULE,
    &parts_renamed_or_mixed::RULE,
    &lfs_pointer::RULE,
    &html_or_archive::RULE,
    &data_truncated::RULE,
    &index_truncated::RULE,
    &data_checksum::RULE,
    &index_block_corrupt::RULE,
    &save_interrupted::RULE,
    &windows_rename::RULE,
    &rotated_away::RULE,
    &savedmodel_not_here::RULE,
    &hub_cache_hollow::RULE,
    &meta_missing::RULE,
    &index_malformed::RULE,
    &entry_invalid::RULE,
    &slices_broken::RULE,
    &unowned_bytes::RULE,
    &version_refused::RULE,
    &file_unreadable::RULE,
    &object_graph_broken::RULE,
    &leftover_shards::RULE,
    &incomplete_look::RULE,
    &graph_file_malformed::RULE,
    &saved_model_without_variables::RULE,
    &asset_missing::RULE,
    &other_loader::RULE,
    &layer_count::RULE,
    &weights_per_layer::RULE,
    &h5_shape::RULE,
    &by_name_zero_match::RULE,
    &skipped_head_left_random::RULE,
    &expected_n_received_0::RULE,
    &position_swap::RULE,
    &keras3_format::RULE,
    &dot_keras_not_zip::RULE,
    &h5_truncated::RULE,
    &weights_only_given_to_load_model::RULE,
    &not_a_keras_weights_h5::RULE,
    &unknown_custom_class::RULE,
    &unknown_loss_or_metric::RULE,
    &config_keyword::RULE,
    &filename_rule::RULE,
    &multi_gpu_wrapper::RULE,
    &gru_reset_after::RULE,
    &optimizer_state_skipped::RULE,
    &keras_file_incomplete::RULE,
    &h5_malformed::RULE,
    &h5_not_read::RULE,
    &archive_damaged::RULE,
    &weights_misfit_config::RULE,
    &other_keras::RULE,
    &untracked_weights::RULE,
    &optimizer_not_loaded::RULE,
    &config_malformed::RULE,
    &option_not_taken::RULE,
    &directory_for_file::RULE,
    &keras_metadata_missing::RULE,
    &key_missing::RULE,
    &optimizer_slots_missing::RULE,
    &shape_head::RULE,
    &shape_config::RULE,
    &v1_file::RULE,
    &dtype::RULE,
    &partial_restore::RULE,
    &layer_index_shift::RULE,
    &shape_object::RULE,
    &legacy_optimizer::RULE,
    &optimizer_class_changed::RULE,
    &name_based_into_object::RULE,
    &frozen_shift::RULE,
    &dtype_object::RULE,
    &restore_raises::RULE,
    &values_misplaced::RULE,
    &restore_incomplete::RULE,
    &program_differs::RULE,
    &lambda_layer::RULE,
    &hdf5_external_link::RULE,
    &nan_inf::RULE,
    &never_trained_values::RULE,
    &endianness::RULE,
    &nan_in_slots_only::RULE,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_registered_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor/rules");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .filter(|stem| stem != "mod")
            .collect();
        let registered: BTreeSet<String> = ALL.iter().map(|rule| rule.name.replace('-', "_")).collect();
        assert_eq!(registered, files);
    }

    #[test]
    fn codes_rise_and_names_are_kebab_case() {
        assert!(ALL.windows(2).all(|pair| pair[0].code < pair[1].code));
        let names: BTreeSet<&str> = ALL.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), ALL.len());
        for rule in ALL {
            let digits = rule.code.strip_prefix(|c: char| "FNOKVDS".contains(c));
            assert!(
                digits.is_some_and(|rest| rest.len() == 3 && rest.bytes().all(|b| b.is_ascii_digit())),
                "{}",
                rule.code
            );
            let kebab = rule
                .name
                .split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            assert!(kebab, "{}", rule.name);
        }
    }

    #[test]
    fn every_page_is_written() {
        for rule in ALL {
            let manual = &rule.manual;
            for text in [manual.means, manual.knows, manual.fix, manual.ignore] {
                assert!(
                    text.len() > 5 && text.ends_with(['.', ')', ']', '}', '"']) || text.contains("\n    "),
                    "{}: {text}",
                    rule.code
                );
            }
            assert!(!manual.you_see.is_empty() && manual.you_see.iter().all(|line| !line.is_empty()), "{}", rule.code);
            assert!(!manual.see.is_empty(), "{}", rule.code);
        }
    }

    /// A line of code has four spaces in front, and prose none: a line that begins otherwise is a slip.
    #[test]
    fn pages_are_laid_out() {
        for rule in ALL {
            let manual = &rule.manual;
            for line in
                [manual.means, manual.knows, manual.fix, manual.not, manual.ignore].iter().flat_map(|text| text.lines())
            {
                let spaces = line.len() - line.trim_start().len();
                assert!(spaces == 0 || spaces >= 4, "{}: {line:?}", rule.code);
                assert!(!line.ends_with(' '), "{}: {line:?}", rule.code);
            }
        }
    }

    #[test]
    fn related_rules_exist() {
        for rule in ALL {
            for code in rule.manual.see {
                assert!(ALL.iter().any(|other| other.code == *code) && *code != rule.code, "{} -> {code}", rule.code);
            }
        }
    }
}
