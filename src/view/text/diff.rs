pub(super) fn write(_: &crate::view::Diff, _: &crate::view::Style, _: &mut dyn std::io::Write) -> std::io::Result<()> {
    Ok(())
}
