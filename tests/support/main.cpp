#define DOCTEST_CONFIG_IMPLEMENT
#include <cstring>

#include "doctest.h"
#include "golden.h"

bool leat::test::is_updating_golden = false;

// A suite without a single assertion tests nothing, so it fails.
namespace {
int assertions = 0;

struct CountAssertions final : doctest::IReporter {
  explicit CountAssertions(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& stats) override { assertions = stats.numAsserts; }
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
}  // namespace

REGISTER_LISTENER("count_assertions", 1, CountAssertions);

int main(int argc, char** argv) {
  for (int k = 1; k < argc; ++k) leat::test::is_updating_golden |= std::strcmp(argv[k], "--update-golden") == 0;
  doctest::Context context;
  context.applyCommandLine(argc, argv);
  const int failed = context.run();
  if (context.shouldExit()) return failed;
  if (failed == 0 && assertions == 0) {
    std::fputs("no assertion was counted: this suite tests nothing\n", stderr);
    return 1;
  }
  return failed;
}
