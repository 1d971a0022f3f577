#include "leat/sweep.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/scalar.h"
#include "description/load.h"
#include "leat/program.h"
#include "leat/read_tree.h"
#include "leat/wording.h"

namespace leat {

namespace {

namespace fs = std::filesystem;

struct System {
  std::string name;
  fs::path graph;
  std::set<std::string> params;
  std::vector<Setting> settings;
};

struct Budget {
  std::vector<Setting> settings;
  std::vector<std::uint64_t> seeds;
};

/// Appends diagnostics that are not in `all` yet. Several graphs or rows can report the same place.
void append_new(Diagnostics& all, const Diagnostics& found) {
  std::set<std::pair<std::string, std::string>> told;
  for (const Diagnostic& one : all.all()) told.emplace(one.place.str(), one.text);
  for (const Diagnostic& one : found.all()) {
    if (!told.emplace(one.place.str(), one.text).second) continue;
    Diagnostic& added =
        one.is_warning ? all.warning(one.id, one.place, one.text, one.hint) : all.error(one.id, one.place, one.text, one.hint);
    added.notes = one.notes;
  }
}

void set_directory(Tree& tree, const fs::path& directory) {
  tree.directory = directory;
  for (Tree& item : tree.items) set_directory(item, directory);
  for (Tree::Entry& entry : tree.entries) set_directory(entry.value, directory);
}

/// Returns a setting as the run's command line has it: its paths do not depend on the sweep file's folder.
Setting setting_of(const std::string& key, const Tree& value) {
  Tree tree = with_whole_paths(value);
  set_directory(tree, fs::current_path());
  return {key, flow_text(tree), std::move(tree)};
}

const Setting* find_setting(const std::vector<Setting>& settings, const std::string& key) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&key](const Setting& one) { return one.key == key; });
  return found == settings.end() ? nullptr : &*found;
}

class SweepReader {
 public:
  SweepReader(const fs::path& file, Reading& reading) : file_(file), reading_(reading) {}

  Sweep read(const Tree& tree, const std::vector<Setting>& given) {
    check_version(tree, "the sweep", reading_);
    Section section(tree, "the sweep", tree.place, {"leat", "title", "systems", "set", "budgets", "pool_over", "compare"}, reading_);
    Sweep out;
    if (const std::optional<Named> title = section.word("title")) out.title = title->text;
    section.require("systems", "`systems: {name: graph.yaml}`");
    if (const Tree* systems = section.map("systems")) read_systems(*systems);
    if (const Tree* set = section.map("set")) read_set(*set);
    if (const Tree* budgets = section.require("budgets", "`budgets: [{seeds: [0]}]`")) read_budgets(*budgets);
    if (const std::optional<Named> pool = section.word("pool_over")) read_pool(*pool, out);
    if (const Tree* compare = section.map("compare")) read_comparison(*compare, out);
    for (const Setting& one : given) override_with(one);
    for (const System& system : systems_)
      for (const Budget& budget : budgets_) add_row(system, budget, out);
    return out;
  }

 private:
  void read_systems(const Tree& systems) {
    for (const Tree::Entry& entry : systems.entries)
      if (check_name(entry.key, entry.key_place, "system", NameRule::Plain, reading_)) read_system(entry);
  }

  void read_system(const Tree::Entry& entry) {
    const std::string what = "the system `" + entry.key + "`";
    std::optional<Named> path;
    const Tree* set = nullptr;
    if (entry.value.is_map()) {
      Section section(entry.value, what, entry.key_place, {"graph", "set"}, reading_);
      section.require("graph", "`graph: multimix.yaml`");
      path = section.word("graph");
      set = section.map("set");
    } else if (entry.value.is_scalar() && !entry.value.scalar.empty()) {
      path = Named{entry.value.scalar, entry.value.place};
    } else {
      refuse_value(reading_, entry.value, what, "the path of a graph, or a map with `graph` and `set`");
    }
    if (!path) return;
    const fs::path graph = (file_.parent_path() / path->text).lexically_normal();
    const auto text = read_source(graph, graph.string(), path->place, reading_);
    const std::optional<Tree> tree = text ? load_merged(text, graph, reading_) : std::nullopt;
    if (!tree) return;
    System& system = systems_.emplace_back(System{entry.key, graph, {}, {}});
    if (const Tree* params = tree->find("params"))
      for (const Tree::Entry& param : params->entries) {
        system.params.insert(param.key);
        if (const Tree* range = param.value.is_map() ? param.value.find("range") : nullptr) ranges_[param.key] = *range;
      }
    names_.insert(system.params.begin(), system.params.end());
    if (!set) return;
    for (const Tree::Entry& one : set->entries) {
      if (system.params.contains(one.key)) system.settings.push_back(setting_of(one.key, one.value));
      else
        reading_.diagnostics.error("key.unknown", one.key_place, "the graph of " + what + " has no parameter `" + one.key + "`",
                                   name_hint(one.key, {system.params.begin(), system.params.end()}));
    }
  }

  /// Returns true if a graph has the parameter. Otherwise reports an error, unless no graph could be read.
  bool is_param(const std::string& key, const Place& place, const char* id) {
    if (systems_.empty()) return false;
    if (names_.contains(key)) return true;
    const std::string hint = names_.empty() ? "they have no parameters" : name_hint(key, {names_.begin(), names_.end()});
    reading_.diagnostics.error(id, place, "no graph of the sweep has a parameter `" + key + "`", hint);
    return false;
  }

  void read_set(const Tree& set) {
    for (const Tree::Entry& entry : set.entries)
      if (is_param(entry.key, entry.key_place, "key.unknown")) set_.push_back(setting_of(entry.key, entry.value));
  }

  void read_budgets(const Tree& budgets) {
    if (!budgets.is_list() || budgets.items.empty()) refuse_value(reading_, budgets, "`budgets` of the sweep", "a list of maps");
    for (const Tree& item : budgets.items) {
      if (!item.is_map()) {
        refuse_value(reading_, item, "a budget", "a map", "`{mask_labels: 10, seeds: [0, 1]}`");
        continue;
      }
      Budget& budget = budgets_.emplace_back();
      for (const Tree::Entry& entry : item.entries) {
        if (entry.key == "seeds") read_seeds(entry.value, budget);
        else if (is_param(entry.key, entry.key_place, "key.unknown")) budget.settings.push_back(setting_of(entry.key, entry.value));
      }
      if (budget.seeds.empty()) budget.seeds.push_back(0);
    }
  }

  void read_seeds(const Tree& seeds, Budget& budget) {
    const std::string wanted = "a list of whole numbers of at least 0";
    if (!seeds.is_list() || seeds.items.empty()) refuse_value(reading_, seeds, "`seeds` of a budget", wanted);
    for (const Tree& item : seeds.items) {
      const std::optional<std::int64_t> seed = item.is_scalar() && !item.is_quoted ? whole_number(item.scalar) : std::nullopt;
      if (seed && *seed >= 0) budget.seeds.push_back(static_cast<std::uint64_t>(*seed));
      else refuse_value(reading_, item, "`seeds` of a budget", wanted);
    }
  }

  void read_pool(const Named& pool, Sweep& out) {
    if (!is_param(pool.text, pool.place, "key.unknown")) return;
    std::set<std::string> folds;
    for (const Budget& budget : budgets_)
      if (const Setting* fold = find_setting(budget.settings, pool.text)) folds.insert(fold->value);
    if (folds.size() < 2)
      reading_.diagnostics.error("value.word", pool.place, "the budgets set no two values of `" + pool.text + "` that could be pooled",
                                 "`budgets: [{" + pool.text + ": 0}, {" + pool.text + ": 1}]`");
    out.pool = pool.text;
    tell_missing_folds(pool, folds);
  }

  /// Warns if the parameter has a range of whole numbers, and no budget sets some of them.
  void tell_missing_folds(const Named& pool, const std::set<std::string>& folds) {
    const auto range = ranges_.find(pool.text);
    if (range == ranges_.end() || range->second.items.size() != 2) return;
    const auto low = whole_number(range->second.items[0].scalar), high = whole_number(range->second.items[1].scalar);
    constexpr std::int64_t most = 1000;
    if (!low || !high || *high - *low >= most) return;
    std::vector<std::string> missing;
    for (std::int64_t fold = *low; fold <= *high; ++fold)
      if (!folds.contains(std::to_string(fold))) missing.push_back(std::to_string(fold));
    if (!missing.empty())
      reading_.diagnostics.warning("value.word", pool.place,
                                   "no budget sets `" + pool.text + "` to " + joined(missing) +
                                       ", which its range has, so the images of these folds are in no pooled figure");
  }

  void read_comparison(const Tree& compare, Sweep& out) {
    Section section(compare, "`compare` of the sweep", compare.place, {"with", "metrics"}, reading_);
    section.require("with", "`with: multimix`");
    section.require("metrics", "`metrics: [test.classes.auc]`");
    if (const std::optional<Named> with = section.word("with")) {
      std::vector<std::string> names;
      for (const System& system : systems_) names.push_back(system.name);
      if (std::find(names.begin(), names.end(), with->text) == names.end())
        reading_.diagnostics.error("key.unknown", with->place, "the sweep has no system `" + with->text + "`",
                                   name_hint(with->text, names));
      out.base = with->text;
    }
    if (const Tree* metrics = section.find("metrics"))
      out.metrics = read_dotted(*metrics, section.subject("metrics"), "a metric as `phase.node.name`", reading_);
  }

  void override_with(const Setting& given) {
    const Place place{source_text("--set " + given.key, fs::current_path(), given.value), 1, 1};
    if (!is_param(given.key, place, "set.unknown")) return;
    for (const Budget& budget : budgets_)
      if (has_said("the budgets", budget.settings, given.key, place)) return;
    for (const System& system : systems_)
      if (has_said("the system `" + system.name + "`", system.settings, given.key, place)) return;
    std::erase_if(set_, [&given](const Setting& one) { return one.key == given.key; });
    set_.push_back(given);
  }

  /// Returns true, and reports an error, if `settings` of `who` already have the key.
  bool has_said(const std::string& who, const std::vector<Setting>& settings, const std::string& key, const Place& place) {
    const Setting* said = find_setting(settings, key);
    if (!said) return false;
    Diagnostic& added = reading_.diagnostics.error("name.twice", place, "`" + key + "` is already set by " + who);
    added.notes.push_back({said->tree->place, "here"});
    return true;
  }

  void add_row(const System& system, const Budget& budget, Sweep& out) {
    SweepRow row{.name = system.name, .system = system.name, .graph = system.graph};
    std::string pooled_name = system.name;
    bool is_fold = false;
    for (const Setting& one : system.settings)
      if (has_said("the budgets", budget.settings, one.key, one.tree->place)) return;
    for (const Setting& one : budget.settings) {
      if (!system.params.contains(one.key)) continue;
      row.settings.push_back(one);
      row.budget.push_back(one.key);
      const std::string& word = one.tree->scalar;
      if (!check_name(word, one.tree->place, "part of a row's name", NameRule::Plain, reading_)) return;
      const std::string part = "-" + (word == "0" && one.key.ends_with("labels") ? "all" : word);
      row.name += part;
      if (one.key == out.pool) is_fold = true;
      else pooled_name += part;
    }
    if (is_fold) row.pooled_name = pooled_name;
    row.settings.insert(row.settings.end(), system.settings.begin(), system.settings.end());
    for (const Setting& one : set_)
      if (system.params.contains(one.key) && !find_setting(row.settings, one.key)) row.settings.push_back(one);
    const auto same = std::find_if(out.rows.begin(), out.rows.end(), [&row](const SweepRow& one) { return one.name == row.name; });
    SweepRow& kept = same == out.rows.end() ? out.rows.emplace_back(row) : *same;
    if (!has_same_settings(kept, row)) {
      const Place& place = budget.settings[0].tree->place;
      reading_.diagnostics.error("name.twice", place, "two different rows are called `" + row.name + "`",
                                 "set the same parameters in all budgets");
      return;
    }
    kept.seeds.insert(kept.seeds.end(), budget.seeds.begin(), budget.seeds.end());
    std::sort(kept.seeds.begin(), kept.seeds.end());
    kept.seeds.erase(std::unique(kept.seeds.begin(), kept.seeds.end()), kept.seeds.end());
  }

  [[nodiscard]] static bool has_same_settings(const SweepRow& a, const SweepRow& b) {
    const auto is_same = [](const Setting& one, const Setting& other) { return one.key == other.key && one.value == other.value; };
    return a.system == b.system && std::is_permutation(a.settings.begin(), a.settings.end(), b.settings.begin(), b.settings.end(), is_same);
  }

  fs::path file_;
  Reading& reading_;
  std::vector<System> systems_;
  std::set<std::string> names_;
  std::map<std::string, Tree> ranges_;  ///< Of parameters that have one.
  std::vector<Setting> set_;
  std::vector<Budget> budgets_;
};

}  // namespace

Sweep read_sweep(const fs::path& file, const std::vector<Setting>& settings, Diagnostics& diagnostics) {
  Diagnostics found;
  Reading reading(found);
  Sweep out;
  if (const auto text = read_source(file, file.string(), {}, reading)) {
    const Tree tree = read_tree(text, found);
    if (tree.is_map()) out = SweepReader(file, reading).read(tree, settings);
    else if (!found.has_errors()) refuse_value(reading, tree, "a sweep", "a map", "begin it with `leat: 1`");
  }
  append_new(diagnostics, found);
  return out;
}

void check_sweep(Sweep& sweep, const Registry& registry, const std::string& device, Diagnostics& diagnostics) {
  std::set<std::string> nodes;
  for (SweepRow& row : sweep.rows) {
    Diagnostics found;
    const GraphDescription graph = read_graph(row.graph, row.settings, found);
    const Program program = Program::build(graph, registry, {row.seeds[0], device}, found);
    if (!found.has_errors()) {
      row.graph_hash = program.graph_hash;
      for (const ProgramPhase& phase : program.phases)
        for (const ProgramNode& node : phase.nodes) nodes.insert(phase.name + "." + node.name);
    }
    append_new(diagnostics, found);
  }
  if (diagnostics.has_errors()) return;
  // Only the node is checked, because some names of metrics are known only after a run.
  for (const Named& metric : sweep.metrics) {
    const std::string node = metric.text.substr(0, metric.text.rfind('.'));
    if (!nodes.contains(node))
      diagnostics.error("key.unknown", metric.place, "no graph of the sweep has a node `" + node + "`",
                        name_hint(node, {nodes.begin(), nodes.end()}));
  }
}

}  // namespace leat
