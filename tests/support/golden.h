#pragma once

namespace leat::test {

/// Whether the test's command line has `--update-golden`: tests then write what they would else compare with.
extern bool is_updating_golden;

}  // namespace leat::test
