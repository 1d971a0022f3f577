#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "context.h"
#include "leat/drawing.h"
#include "leat/shell_word.h"

namespace leat::cli {

namespace {

const ProgramPhase& phase_of(const Program& program, const std::string& name) {
  if (name.empty()) {
    const int first = program.plan.train >= 0 ? program.plan.train : program.plan.then.empty() ? 0 : program.plan.then.front();
    return program.phases.at(static_cast<std::size_t>(first));
  }
  std::vector<std::string> names;
  for (const ProgramPhase& phase : program.phases) {
    if (phase.name == name) return phase;
    names.push_back(phase.name);
  }
  throw Refusal("the graph has no phase `" + name + "`; " + name_hint(name, names));
}

/// Draws a graph with Graphviz's `dot`.
void draw_svg(const std::string& text, const std::filesystem::path& out) {
  if (std::system("dot -V >/dev/null 2>&1") != 0)
    throw std::runtime_error(
        "an SVG is drawn by Graphviz, but its `dot` is not installed (Debian: apt-get install graphviz); without `--out` Mermaid is "
        "printed");
  if (!std::ofstream(out)) throw std::runtime_error("cannot write " + out.string());
  std::FILE* pipe = popen(("dot -Tsvg > " + shell_word(out.string())).c_str(), "w");
  if (!pipe) throw std::runtime_error("`dot` could not be started");
  // If `dot` ends early, its exit status reports that.
  std::signal(SIGPIPE, SIG_IGN);
  std::fwrite(text.data(), 1, text.size(), pipe);
  if (pclose(pipe) != 0) throw std::runtime_error("`dot` could not write " + out.string());
}

void write(const std::string& text, const std::filesystem::path& out) {
  std::ofstream file(out);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + out.string());
}

}  // namespace

void add_draw(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "draw", "Draws a phase of a graph: Mermaid on standard output, or a file of Mermaid (.mmd), SVG (.svg) or Graphviz (.dot)");
  command->footer("Example: leat draw graphs/demo.yaml --phase train --out train.svg");
  auto options = std::make_shared<GraphOptions>();
  auto phase = std::make_shared<std::string>();
  auto out = std::make_shared<std::filesystem::path>();
  options->add_to(*command);
  command->add_option("--phase", *phase, "The phase (default: the training phase, or the plan's first)")->type_name("NAME");
  command->add_option("--out", *out, "File to write")->type_name("FILE")->check(not_empty());
  command->callback([&context, options, phase, out] {
    const std::string kind = out->extension().string();
    if (!out->empty() && kind != ".svg" && kind != ".mmd" && kind != ".dot")
      throw Refusal("`" + out->string() + "` has an unknown ending; it must end in .svg, .mmd or .dot");
    const Program program = options->build(context.registry());
    const ProgramPhase& drawn = phase_of(program, *phase);
    if (out->empty()) std::cout << mermaid(program, drawn);
    else if (kind == ".mmd") write(mermaid(program, drawn), *out);
    else if (kind == ".dot") write(dot(program, drawn), *out);
    else draw_svg(dot(program, drawn), *out);
  });
}

}  // namespace leat::cli
