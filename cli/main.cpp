#include <iostream>

#include "context.h"
#include "leat/spelling.h"
#include "leat/thrown.h"
#include "ranked_run.h"

namespace {

int run(int argc, char** argv) {
  using namespace leat;
  CLI::App app{"Leat runs graphs: training and inference of vision models with few labels.", "leat"};
  app.require_subcommand(1);
  app.set_version_flag("--version", LEAT_VERSION);
  app.footer("Every command has --help with an example.");
  cli::Context context;
  app.add_option("--plugin", context.plugins,
                 "A plugin to load, or a folder of them, before those of LEAT_PLUGINS (a list with `:`); can be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  app.fallthrough();
  cli::add_run(app, context);
  cli::add_check(app, context);
  cli::add_data(app, context);
  cli::add_draw(app, context);
  cli::add_explain(app, context);
  cli::add_export(app, context);
  cli::add_merge(app, context);
  cli::add_new_graph(app, context);
  cli::add_nodes(app, context);
  cli::add_plugin(app, context);
  cli::add_predict(app, context);
  cli::add_report(app, context);
  cli::add_runs(app, context);
  cli::add_schema(app, context);
  cli::add_sweep(app, context);
  cli::add_tensorboard(app, context);
  cli::add_verify(app, context);
  cli::add_view(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  } catch (const cli::ToldElsewhere& told) {
    return told.code();
  } catch (const GraphError& error) {
    std::cerr << error.what();
    return 2;
  } catch (const Refusal& error) {
    std::cerr << printable(std::string("error: ") + error.what() + "\n" + (error.hint().empty() ? "" : "  " + error.hint() + "\n"));
    return 2;
  } catch (const NodeError& error) {
    std::cerr << printable(error.what()) << "\n";
    return 1;
  } catch (...) {
    std::cerr << "error: " << printable(words_of_current_exception()) << "\n";
    return 1;
  }
  return context.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  const int code = run(argc, argv);
  if (leat::cli::is_output_written()) return code;
  std::cerr << "error: not all of the output could be written\n";
  return code == 0 ? 1 : code;
}
