#include "run/agreement.h"

#include <bit>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "leat/spelling.h"
#include "leat/value.h"
#include "program/trained_samples.h"
#include "run/packed.h"

namespace leat::run {

namespace {

using Facts = std::map<std::string, std::string>;

/// A fact in which a rank differs from rank 0.
struct Difference {
  int rank = 0;
  std::string name, here, first;
};

std::string text_of(const Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "none" : found->second;
}

/// Compares the facts that both ranks have, or with `all_facts` those that one of them has.
std::optional<Difference> first_difference(Ranks& ranks, const Facts& own, bool all_facts) {
  Packed packed;
  for (const auto& [name, text] : own) {
    packed.add(std::string_view(name));
    packed.add(std::string_view(text));
  }
  std::vector<Facts> all;
  for (const std::string& message : ranks.gather(packed.text())) {
    Facts& facts = all.emplace_back();
    for (Unpacked rest(message); !rest.is_empty();) {
      std::string name(rest.text());
      facts[std::move(name)] = rest.text();
    }
  }
  for (int rank = 1; rank < ranks.size(); ++rank) {
    const Facts& facts = all[static_cast<std::size_t>(rank)];
    for (const Facts* names : {&std::as_const(all.front()), &facts})
      for (const auto& [name, text] : *names) {
        const bool is_compared = all_facts || (facts.contains(name) && all.front().contains(name));
        const std::string here = text_of(facts, name), first = text_of(all.front(), name);
        if (is_compared && here != first) return Difference{rank, name, here, first};
      }
  }
  return {};
}

}  // namespace

namespace {

/// Returns the first line in which the graph of a rank is not that of rank 0. All ranks call it.
std::string difference_of_graphs(Ranks& ranks, int rank, const std::string& own) {
  const std::vector<std::string> all = ranks.gather(ranks.rank() == 0 || ranks.rank() == rank ? own : "");
  std::istringstream first(all.front()), other(all[static_cast<std::size_t>(rank)]);
  const auto next = [](std::istringstream& text) {
    std::string line;
    const bool is_there = static_cast<bool>(std::getline(text, line));
    return is_there ? "`" + trimmed(line) + "`" : std::string("its end");
  };
  for (int number = 1; first || other; ++number)
    if (const std::string here = next(other), there = next(first); here != there)
      return "line " + std::to_string(number) + " of the resolved graph is " + here + ", not " + there;
  return "only blanks differ";
}

/// Returns a record without the times of files: on another machine, they are those of the copy.
Archive without_times(const Archive& record) {
  Archive out;
  out.metadata = record.metadata;
  for (const auto& [name, entry] : record.entries())
    if (name != "times" && !name.ends_with(".times")) out.put(name, entry);
  return out;
}

}  // namespace

void compare_begin(Ranks& ranks, const Program& program, const std::string& lane, const std::filesystem::path& folder) {
  Facts facts{{"the graph", program.graph_hash},
              {"the seed", std::to_string(program.settings.seed)},
              {"the device", lane},
              {"--merge-passes", program.settings.merges_passes ? "on" : "off"}};
  for (const auto& [name, build] : program.value_builds) facts["the library of `" + name + "`"] = build;
  std::error_code ignored;
  facts["the run's folder"] = std::filesystem::absolute(folder).string();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) facts["the run's folder"] = "a folder that it does not see";
  const auto found = first_difference(ranks, facts, true);
  if (found && found->name == "the graph")
    throw std::runtime_error(ranks.name_of(found->rank) +
                             " has another graph than rank 0: " + difference_of_graphs(ranks, found->rank, program.resolved));
  if (found)
    throw std::runtime_error(ranks.name_of(found->rank) + " differs from rank 0 in " + found->name + ": " + found->here + ", not " +
                             found->first + (found->name == "the run's folder" ? "; put it on a file system that all ranks see" : ""));
}

void compare_records(Ranks& ranks, const Records& records) {
  Facts facts;
  for (const auto& [name, archive] : records.archives())
    if (name != program::trained_samples_name) facts[name] = hash_text(without_times(archive).hash());
  // Rank 0 has records of other phases too.
  if (const auto found = first_difference(ranks, facts, false))
    throw std::runtime_error(ranks.name_of(found->rank) + " reads other files than rank 0 for `" + found->name +
                             "`: all ranks need the same files, with the same contents and names");
}

void compare_resources(Ranks& ranks, const std::map<std::string, Archive>& saved, std::int64_t steps) {
  Facts facts;
  for (const auto& [name, archive] : saved) facts[name] = hash_text(archive.hash());
  if (const auto found = first_difference(ranks, facts, true))
    throw std::runtime_error("after " + std::to_string(steps) + " steps, `" + found->name + "` of " + ranks.name_of(found->rank) +
                             " is not that of rank 0: the machines compute different bits, or a node changes it by what one rank knows");
}

std::vector<std::string> sentences_of_ranks(Ranks& ranks, const std::vector<std::string>& own) {
  Packed packed;
  for (const std::string& one : own) packed.add(std::string_view(one));
  std::vector<std::string> out;
  const std::vector<std::string> all = ranks.gather(packed.text());
  for (std::size_t rank = 0; rank < all.size(); ++rank)
    for (Unpacked rest(all[rank]); !rest.is_empty();)
      out.push_back((rank == 0 ? "" : ranks.name_of(static_cast<int>(rank)) + ": ") + std::string(rest.text()));
  return out;
}

std::optional<Metrics> share_metrics(Ranks& ranks, const std::optional<Metrics>& metrics) {
  Packed packed;
  packed.add(std::int64_t{metrics.has_value()});
  if (metrics)
    for (const auto& [name, value] : *metrics) {
      packed.add(std::string_view(name));
      packed.add(std::bit_cast<std::int64_t>(value));
    }
  const std::string message = ranks.from_first(packed.text());
  Unpacked rest(message);
  if (rest.number() == 0) return {};
  Metrics out;
  while (!rest.is_empty()) {
    std::string name(rest.text());
    out[std::move(name)] = std::bit_cast<double>(rest.number());
  }
  return out;
}

}  // namespace leat::run
