#include "leat/drawing.h"

#include <map>
#include <set>

#include "base/text_table.h"
#include "program/edges.h"

namespace leat {
namespace {

std::string contract_text(const Wire& wire) {
  std::string out(wire.port->type().name);
  if (wire.contract.has_shape) out += " " + wire.contract.str();
  return out;
}

/// Returns the number of values per step: `4, of chests` (one per sample), `1 of 4 rows, of chests` (one for all rows) or `1`.
std::string rate(const ProgramPhase& phase, const Wire& wire) {
  if (wire.origin < 0) return "1";
  const Origin& origin = phase.origins[static_cast<std::size_t>(wire.origin)];
  const std::string& source = phase.nodes[static_cast<std::size_t>(origin.source)].name;
  return wire.grain == Grain::Slot ? std::to_string(origin.rows) + ", of " + source
                                   : "1 of " + std::to_string(origin.rows) + " rows, of " + source;
}

std::string lane(const ProgramNode& node) { return node.lane == LaneKind::Device ? "device" : "cpu"; }

std::string lanes(const Wire& wire, const ProgramNode& from, const ProgramNode& to) {
  if (wire.stays_in_segment) return "device, in its segment";
  return lane(from) == lane(to) ? lane(from) : lane(from) + " to " + lane(to);
}

/// The nodes of a phase, grouped by their template instances: `a/strong/view` is `view` in `strong` in `a`.
struct Group {
  std::map<std::string, Group> groups;
  std::vector<int> nodes;
};

Group grouped(const ProgramPhase& phase) {
  Group all;
  for (const int index : phase.order) {
    const std::string& name = phase.nodes[static_cast<std::size_t>(index)].name;
    Group* at = &all;
    std::size_t begin = 0;
    for (std::size_t end = name.find('/'); end != std::string::npos; begin = end + 1, end = name.find('/', begin))
      at = &at->groups[name.substr(begin, end - begin)];
    at->nodes.push_back(index);
  }
  return all;
}

std::string own_name(const ProgramNode& node) { return node.name.substr(node.name.rfind('/') + 1); }

std::string escaped(const std::string& text) {
  std::string out;
  for (const char one : text)
    out += one == '&' ? "&amp;" : one == '<' ? "&lt;" : one == '>' ? "&gt;" : one == '"' ? "&quot;" : std::string(1, one);
  return out;
}

/// Returns `reads net; changes adam`.
std::string resources_text(const Program& program, const ProgramNode& node) {
  std::string reads, changes;
  for (const auto& [index, access] : node.resources) {
    std::string& list = access == UsePort::Access::Write ? changes : reads;
    list += (list.empty() ? "" : ", ") + program.resources[static_cast<std::size_t>(index)].name;
  }
  return (reads.empty() ? "" : "reads " + reads) + (reads.empty() || changes.empty() ? "" : "; ") +
         (changes.empty() ? "" : "changes " + changes);
}

/// A line from an output to a reader. Only the line to the first reader has the label with the value's type.
struct Line {
  int from;
  int to;
  bool is_step;
  std::string label;
  std::string ports;
};

std::vector<Line> lines(const ProgramPhase& phase) {
  std::vector<Line> out;
  for (const Wire& wire : phase.wires) {
    const ProgramNode& from = phase.nodes[static_cast<std::size_t>(wire.node)];
    std::set<int> drawn;
    for (const Wire::Reader& reader : wire.readers) {
      const ProgramNode& to = phase.nodes[static_cast<std::size_t>(reader.node)];
      const BoundInput& input = to.inputs[static_cast<std::size_t>(reader.input)];
      std::string ports = from.name + "." + std::string(wire.port->name()) + " to " + to.name + "." + std::string(input.port->name());
      if (!drawn.insert(reader.node).second) continue;
      const bool is_first = drawn.size() == 1;
      const std::string port = from.wires.size() > 1 ? std::string(wire.port->name()) + ": " : "";
      out.push_back({wire.node, reader.node, wire.grain == Grain::Step, is_first ? port + contract_text(wire) : "", std::move(ports)});
    }
  }
  return out;
}

std::string title(const Program& program, const ProgramPhase& phase) {
  return (program.title.empty() ? "" : program.title + " / ") + phase.name +
         (phase.stream() ? "" : ": " + std::to_string(phase.steps) + (phase.steps == 1 ? " step" : " steps"));
}

constexpr const char* cpu_colour = "#e3eefa";
constexpr const char* device_colour = "#fdebd3";
constexpr const char* source_colour = "#e2f3df";

std::string colour_of(const ProgramNode& node) {
  return node.source ? source_colour : node.lane == LaneKind::Device ? device_colour : cpu_colour;
}

class Dot {
 public:
  Dot(const Program& program, const ProgramPhase& phase) : program_(program), phase_(phase) {}

  std::string text() {
    out_ =
        "digraph leat {\n"
        "  graph [rankdir=LR, ranksep=0.45, nodesep=0.18, fontname=\"Helvetica\", fontsize=13, labelloc=t, labeljust=l, label=<" +
        escaped(title(program_, phase_)) +
        "<br align=\"left\"/><font point-size=\"9\" color=\"#555555\">green: sources; blue: workers of the cpu; orange: the device's lane; "
        "thin: a sample, thick: a whole step</font>"
        "<br align=\"left\"/>>]\n"
        "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11, margin=\"0.1,0.05\", height=0.3, "
        "color=\"#8899aa\"]\n"
        "  edge [fontname=\"Helvetica\", fontsize=8, fontcolor=\"#555555\", color=\"#778899\", arrowsize=0.6]\n";
    put(grouped(phase_), "  ");
    for (const Line& line : lines(phase_))
      out_ += "  n" + std::to_string(line.from) + " -> n" + std::to_string(line.to) + " [label=\"" + escaped(line.label) +
              "\", tooltip=\"" + escaped(line.ports) + "\", penwidth=" + (line.is_step ? "2" : "0.8") + "]\n";
    return out_ + "}\n";
  }

 private:
  void put(const Group& group, const std::string& indent) {
    for (const int index : group.nodes) {
      const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
      const std::string used = resources_text(program_, node);
      out_ += indent + "n" + std::to_string(index) + " [fillcolor=\"" + colour_of(node) + "\", tooltip=\"" + escaped(node.place.str()) +
              "\", label=<<b>" + escaped(own_name(node)) + "</b><br/><font point-size=\"9\" color=\"#444444\">" + escaped(node.type->id) +
              "</font>" + (used.empty() ? "" : "<br/><font point-size=\"8\" color=\"#777777\">" + escaped(used) + "</font>") + ">]\n";
    }
    for (const auto& [name, inner] : group.groups) {
      out_ += indent + "subgraph cluster_" + std::to_string(clusters_++) + " {\n" + indent + "  graph [label=\"" + escaped(name) +
              "\", fontsize=10, style=\"rounded\", color=\"#bbbbbb\", margin=6]\n";
      put(inner, indent + "  ");
      out_ += indent + "}\n";
    }
  }

  const Program& program_;
  const ProgramPhase& phase_;
  std::string out_;
  int clusters_ = 0;
};

class Mermaid {
 public:
  Mermaid(const Program& program, const ProgramPhase& phase) : program_(program), phase_(phase) {}

  std::string text() {
    out_ = "---\ntitle: \"" + escaped(title(program_, phase_)) + "\"\n---\nflowchart LR\n";
    put(grouped(phase_), "  ");
    for (const Line& line : lines(phase_))
      out_ += "  n" + std::to_string(line.from) + (line.is_step ? " ==>" : " -->") +
              (line.label.empty() ? "" : "|\"" + escaped(line.label) + "\"|") + " n" + std::to_string(line.to) + "\n";
    const auto style = [](const char* name, const char* colour) {
      return std::string("  classDef ") + name + " fill:" + colour + ",stroke:#8899aa,color:#111111\n";
    };
    return out_ + style("source", source_colour) + style("cpu", cpu_colour) + style("device", device_colour);
  }

 private:
  void put(const Group& group, const std::string& indent) {
    for (const int index : group.nodes) {
      const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
      const std::string used = resources_text(program_, node);
      out_ += indent + "n" + std::to_string(index) + "[\"<b>" + escaped(own_name(node)) + "</b><br/>" + escaped(node.type->id) +
              (used.empty() ? "" : "<br/><small>" + escaped(used) + "</small>") + "\"]:::" + (node.source ? "source" : lane(node)) + "\n";
    }
    for (const auto& [name, inner] : group.groups) {
      out_ += indent + "subgraph g" + std::to_string(groups_++) + "[\"" + escaped(name) + "\"]\n";
      put(inner, indent + "  ");
      out_ += indent + "end\n";
    }
  }

  const Program& program_;
  const ProgramPhase& phase_;
  std::string out_;
  int groups_ = 0;
};

std::string size_text(const Wire& wire) {
  if (!wire.is_size_known) return "not known";
  return size_words(wire.bytes) + (wire.is_size_assumed ? ", assumed" : "");
}

}  // namespace

std::string edge_table(const Program& program) {
  std::string out;
  for (const ProgramPhase& phase : program.phases) {
    std::vector<TextRow> rows{{"from", "to", "type and shape", "per step", "lane", "bytes"}};
    for (const int index : phase.order)
      for (const int w : phase.nodes[static_cast<std::size_t>(index)].wires) {
        const Wire& wire = phase.wires[static_cast<std::size_t>(w)];
        const ProgramNode& from = phase.nodes[static_cast<std::size_t>(index)];
        for (const Wire::Reader& reader : wire.readers) {
          const ProgramNode& to = phase.nodes[static_cast<std::size_t>(reader.node)];
          const BoundInput& input = to.inputs[static_cast<std::size_t>(reader.input)];
          const std::string& member = input.feeds[static_cast<std::size_t>(reader.member)].member;
          rows.push_back({from.name + "." + std::string(wire.port->name()),
                          to.name + "." + std::string(input.port->name()) + (member.empty() ? "" : "." + member), contract_text(wire),
                          rate(phase, wire), lanes(wire, from, to), size_text(wire)});
        }
      }
    out += (out.empty() ? "" : "\n") + phase.name + "\n" + text_table(rows);
  }
  return out;
}

std::string mermaid(const Program& program, const ProgramPhase& phase) { return Mermaid(program, phase).text(); }

std::string dot(const Program& program, const ProgramPhase& phase) { return Dot(program, phase).text(); }

}  // namespace leat
