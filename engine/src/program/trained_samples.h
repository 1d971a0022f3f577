#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/param.h"
#include "leat/program.h"

namespace leat::program {

/// The data set of a source: a resource that it reads, or the source itself.
struct DataSetOf {
  std::string name;   ///< The resource's name, or `phase.node`.
  int resource = -1;  ///< -1: the source itself.
  const SharesWith* shares = nullptr;
};
/// Returns the first resource that a source reads, or the first one that declares SharesWith.
[[nodiscard]] DataSetOf data_set_of(const Program& program, const ProgramPhase& phase, const ProgramNode& source);

/// A sample that a train phase of a run has listed.
struct TrainedSample {
  std::string set;  ///< Name of its data set.
  std::string id;
  std::string patient;      ///< Empty: not stated.
  std::string file;         ///< Path; empty: the sample has no file.
  std::string entry;        ///< Distinguishes samples in the same file, such as an archive; empty: the sample is the whole file.
  FilePart part = {};       ///< As in Sample.
  std::int64_t bytes = -1;  ///< Of the part, or of the whole file. -1: they cannot be read.
  std::int64_t time_ns = 0;
  std::int64_t is_whole = 1;   ///< The hash covers the whole file, not only three blocks of it.
  std::uint64_t contents = 0;  ///< Hash; 0 if the contents cannot be read.
  auto operator<=>(const TrainedSample&) const = default;
};

/// Name of the record of trained samples among a checkpoint's records. No resource can have it.
inline constexpr const char* trained_samples_name = "trained.samples";

/// Calls a source's `list_samples`.
void list_samples(const ProgramNode& node, const std::function<void(const Sample&)>& take);
/// How to call it: as above, or so that an exception names the node.
using Listing = std::function<void(const ProgramNode& node, const std::function<void(const Sample&)>& take)>;

/// Returns the samples that the train phases among `phases` list, also those that no step has reached. Reads their files: whole if they
/// have at most FileMarks::whole_bytes together, else three blocks of each. Does not read a file whose size and time are those in `before`.
[[nodiscard]] std::vector<TrainedSample> find_trained_samples(const Program& program, const std::set<int>& phases,
                                                              const std::vector<TrainedSample>& before = {},
                                                              const Listing& listing = list_samples);

/// Appends the samples in `before` that are not in `trained`.
void add_before(std::vector<TrainedSample>& trained, std::vector<TrainedSample> before);

[[nodiscard]] Archive archive_of(const std::vector<TrainedSample>& samples);
/// Throws std::runtime_error if the archive is not of trained samples.
[[nodiscard]] std::vector<TrainedSample> trained_samples_in(const Archive& archive);

/// A sample that a phase evaluates on, or that it trains on now.
struct UsedSample {
  std::string set;  ///< Name of its data set.
  std::string id;
  std::string patient;
  std::string file;
  std::string entry;
  FilePart part = {};
};

/// Samples that the earlier part of a run trained on, and that are evaluated now.
struct SharedBefore {
  std::string trained;  ///< Name of the data set that the run trained on.
  std::string judged;   ///< Name of the data set that is evaluated now.
  std::vector<std::string> patients;
  std::vector<std::string> files;               ///< Ids of the samples that are evaluated.
  std::pair<std::string, std::string> example;  ///< Paths of two equal files: trained on before, evaluated now.
};

/// Compares the samples that a run has trained on with those that are evaluated now. Skips patients and files that are trained on now too,
/// because training and evaluation of one graph are compared with each other. Reads only files of equal size.
[[nodiscard]] std::vector<SharedBefore> find_shared_before(const std::vector<TrainedSample>& before, const std::vector<UsedSample>& trained,
                                                           const std::vector<UsedSample>& judged);

/// Throws Refusal if phases of the program evaluate on samples that the run has trained on, and `shares_with` does not allow it.
void refuse_trained_samples(const Program& program, const std::set<int>& phases, const std::vector<TrainedSample>& before,
                            const Listing& listing = list_samples);

/// Returns the sentence on such samples, and the hint.
/// `who`: "the run", or what else was trained.
[[nodiscard]] std::string before_words(const SharedBefore& one, const std::string& who = "the run");
[[nodiscard]] std::string before_hint(const SharedBefore& one);

/// Sets the entries of samples that are in the same file.
void set_entries(std::vector<UsedSample>& samples);

/// Returns "2 patients (`a`, `b`) and 1 equal file (`c.png`)".
[[nodiscard]] std::string shared_words(const std::vector<std::string>& patients, const std::vector<std::string>& files);

}  // namespace leat::program
