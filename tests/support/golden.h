#pragma once

namespace leat::test {

/// True if the test's command line has `--update-golden`: tests then write the files with which they otherwise compare.
extern bool is_updating_golden;

}  // namespace leat::test
