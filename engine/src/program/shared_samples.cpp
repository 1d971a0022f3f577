#include "program/shared_samples.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "leat/file_marks.h"
#include "leat/spelling.h"
#include "program/configure.h"
#include "program/earlier_weights.h"
#include "program/equal_files.h"
#include "program/resources.h"
#include "program/trained_samples.h"

namespace leat::program {

namespace {

enum Purpose { Trains, Judges };

struct ListedSample {
  std::string id;
  std::string patient;
  std::string file;
  FilePart part;

  /// Returns the path, and of a part of a file also the id.
  [[nodiscard]] std::string name() const { return part.is_whole() ? file : id + "` in `" + file; }
};

/// A resource that sources read, or a source that reads no resource.
struct DataSet {
  std::string name;
  const ComponentText* text = nullptr;
  const SharesWith* shares = nullptr;
  std::vector<ListedSample> samples[2];  ///< By purpose, without repetitions.
  std::vector<std::string> phases[2];
  std::unordered_set<std::string> listed[2];
};

/// Samples that a data set for training and one for evaluation have in common.
struct Common {
  std::vector<std::string> patients;
  std::vector<std::string> files;               ///< Ids of the samples for evaluation that have such a file.
  std::pair<std::string, std::string> example;  ///< Paths of two equal files: for training, for evaluation.
};

class SharedSamples {
 public:
  SharedSamples(const GraphDescription& graph, bool has_all_resources, Program& program, const std::vector<PhaseKnown>& known,
                Diagnostics& diagnostics)
      : graph_(graph), has_all_resources_(has_all_resources), program_(program), known_(known), diagnostics_(diagnostics) {}

  void check() {
    find_sources();
    const auto is_for = [this](Purpose purpose) {
      return std::any_of(uses_.begin(), uses_.end(), [purpose](const Use& use) { return use.purpose == purpose; });
    };
    const std::map<std::string, Archive>& records = program_.settings.earlier.records;
    const bool has_trained =
        std::any_of(records.begin(), records.end(), [](const auto& record) { return !trained_in_record(record.first).empty(); });
    // If nothing trains or nothing evaluates, as in the graph of a prediction, allowances are not checked either.
    const std::vector<EarlierWeights> weights = earlier_weights(program_);
    if ((!is_for(Trains) && !has_trained && weights.empty()) || !is_for(Judges)) return;
    for (const Use& use : uses_) list(use);
    compare_patients();
    tell_similar_patients();
    compare_files();
    for (const auto& [pair, common] : common_) report(sets_[pair.first], sets_[pair.second], common);
    for (const auto& [name, record] : records) {
      const std::string who = trained_in_record(name);
      if (who.empty()) continue;
      compare_before(trained_samples_in(record), who);
      disclose_unknown(who, unknown_in(record));
    }
    for (const EarlierWeights& one : weights) compare_weights(one);
    disclose_unlisted();
    check_allowances();
  }

 private:
  struct Use {
    std::size_t set;
    Purpose purpose;
    const ProgramNode& node;
    const NodeText& text;
  };

  void find_sources() {
    for (std::size_t p = 0; p < program_.phases.size(); ++p) {
      const ProgramPhase& phase = program_.phases[p];
      for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
        const ProgramNode& node = phase.nodes[k];
        if (!node.source || !known_[p].nodes[k].is_whole || !known_[p].has_kind) continue;
        const std::size_t set = set_of(phase, node, graph_.phases[p].nodes[k]);
        if (phase.kind == PhaseKind::Predict) continue;
        const Purpose purpose = phase.kind == PhaseKind::Train ? Trains : Judges;
        std::vector<std::string>& phases = sets_[set].phases[purpose];
        if (std::find(phases.begin(), phases.end(), phase.name) == phases.end()) phases.push_back(phase.name);
        uses_.push_back({set, purpose, node, graph_.phases[p].nodes[k]});
      }
    }
  }

  std::size_t set_of(const ProgramPhase& phase, const ProgramNode& node, const NodeText& text) {
    const DataSetOf found = data_set_of(program_, phase, node);
    DataSet made{found.name, &text, found.shares, {}, {}, {}};
    if (found.resource >= 0)
      made.text = &*std::find_if(graph_.resources.begin(), graph_.resources.end(),
                                 [&](const ComponentText& one) { return one.name == found.name; });
    const auto same = std::find_if(sets_.begin(), sets_.end(), [&](const DataSet& one) { return one.text == made.text; });
    if (same != sets_.end()) return static_cast<std::size_t>(same - sets_.begin());
    sets_.push_back(std::move(made));
    return sets_.size() - 1;
  }

  void list(const Use& use) {
    DataSet& set = sets_[use.set];
    std::unordered_map<std::string, std::string> files;
    std::string mistake;
    const auto take = [&](const Sample& sample) {
      const auto [first, is_new] = files.try_emplace(sample.id, sample.file);
      if (!is_new && mistake.empty() && first->second != sample.file)
        mistake = "it gives `" + first->second + "` and `" + sample.file + "` the same id, `" + sample.id + "`";
      if (set.listed[use.purpose].insert(sample.id + '\0' + sample.file).second)
        set.samples[use.purpose].push_back({sample.id, sample.patient, sample.file, sample.part});
    };
    (void)guarded(
        "node.refused", use.text, use.node.type->plugin, [&](const std::string& at) { return place_of(use.text, at); }, diagnostics_,
        [&] {
          use.node.source->list_samples(take);
          if (!mistake.empty())
            throw Refusal(mistake, {}, "ids must be unique within a source: use the path below the data folder, not only the name");
        });
  }

  void compare_patients() {
    std::unordered_map<std::string_view, std::vector<std::size_t>> trained;
    for (std::size_t set = 0; set < sets_.size(); ++set)
      for (const ListedSample& sample : sets_[set].samples[Trains]) {
        if (sample.patient.empty()) continue;
        std::vector<std::size_t>& sets = trained[sample.patient];
        if (sets.empty() || sets.back() != set) sets.push_back(set);
      }
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      std::unordered_set<std::string_view> seen;
      for (const ListedSample& sample : sets_[set].samples[Judges]) {
        const auto found = sample.patient.empty() ? trained.end() : trained.find(sample.patient);
        if (found == trained.end() || !seen.insert(sample.patient).second) continue;
        for (const std::size_t by : found->second) common_[{by, set}].patients.push_back(sample.patient);
      }
    }
  }

  /// Warns of patients of two data sets whose names are nearly equal. `io.split` itself warns of those in one data set.
  void tell_similar_patients() {
    struct Trained {
      std::size_t set;
      std::string_view patient;
    };
    std::unordered_map<std::string, std::vector<Trained>> trained;
    std::set<std::pair<std::size_t, std::string_view>> seen;
    for (std::size_t set = 0; set < sets_.size(); ++set)
      for (const ListedSample& sample : sets_[set].samples[Trains])
        if (!sample.patient.empty() && seen.emplace(set, sample.patient).second)
          trained[loose_spelling(sample.patient)].push_back({set, sample.patient});
    seen.clear();
    for (std::size_t set = 0; set < sets_.size(); ++set)
      for (const ListedSample& sample : sets_[set].samples[Judges]) {
        if (sample.patient.empty() || !seen.emplace(set, sample.patient).second) continue;
        const auto found = trained.find(loose_spelling(sample.patient));
        if (found == trained.end()) continue;
        for (const Trained& by : found->second)
          if (by.set != set && by.patient != sample.patient) similar_[{by.set, set}].emplace_back(by.patient, sample.patient);
      }
    for (const auto& [pair, patients] : similar_) report_similar(sets_[pair.first], sets_[pair.second], patients);
  }

  void compare_files() {
    // A path of several samples of one data set is an archive that contains them.
    std::map<std::pair<std::size_t, std::string_view>, std::string_view> owner;
    std::set<std::string_view> archives;
    each_file([&](std::size_t set, Purpose, const ListedSample& sample) {
      if (!sample.part.is_whole()) return;
      if (const auto [first, is_new] = owner.emplace(std::pair(set, std::string_view(sample.file)), sample.id);
          !is_new && first->second != sample.id)
        archives.insert(sample.file);
    });
    std::vector<SampleFile> files;
    each_file([&](std::size_t, Purpose purpose, const ListedSample& sample) {
      std::string id(id_in_file(sample.id, sample.file));
      const std::string entry = archives.contains(sample.file) ? id : "";
      files.push_back({sample.file, entry, purpose == Trains, purpose == Judges, std::move(id), sample.part});
    });
    const FileClasses classes = find_equal_files(files);
    compares_whole_ = classes.is_whole;
    struct Trained {
      std::size_t set;
      const ListedSample* sample;
    };
    std::unordered_map<std::size_t, std::vector<Trained>> trained;
    std::size_t at = 0;
    each_file([&](std::size_t set, Purpose purpose, const ListedSample& sample) {
      const std::size_t number = classes.of[at++];
      if (purpose != Trains) return;
      std::vector<Trained>& all = trained[number];
      if (all.empty() || all.back().set != set) all.push_back({set, &sample});
    });
    at = 0;
    each_file([&](std::size_t set, Purpose purpose, const ListedSample& sample) {
      const auto found = trained.find(classes.of[at++]);
      if (purpose != Judges || found == trained.end()) return;
      for (const Trained& by : found->second) {
        Common& common = common_[{by.set, set}];
        common.files.push_back(sample.id);
        if (common.example.first.empty()) common.example = {by.sample->name(), sample.name()};
      }
    });
  }

  /// Calls `act` for each sample with a file, in the order of data sets and purposes.
  template <class Act>
  void each_file(Act act) const {
    for (std::size_t set = 0; set < sets_.size(); ++set)
      for (const Purpose purpose : {Trains, Judges})
        for (const ListedSample& sample : sets_[set].samples[purpose])
          if (!sample.file.empty()) act(set, purpose, sample);
  }

  [[nodiscard]] std::vector<UsedSample> samples_for(Purpose purpose) const {
    std::vector<UsedSample> out;
    for (const DataSet& set : sets_)
      for (const ListedSample& one : set.samples[purpose]) out.push_back({set.name, one.id, one.patient, one.file, "", one.part});
    set_entries(out);
    return out;
  }

  /// Compares the samples that are evaluated now with those that the weights of a resource were trained on.
  void compare_weights(const EarlierWeights& one) {
    if (!one.samples.empty()) compare_before(one.samples, "`" + one.from.string() + "`, whose weights `" + one.resource + "` starts with,");
    disclose_unknown("`" + one.resource + "`", one.unknown);
  }

  void disclose_unknown(const std::string& who, const std::vector<std::string>& unknown) {
    for (const std::string& from : unknown)
      add_disclosure(program_, who + " began with the weights of `" + from +
                                   "`; on which images they were trained is not known, so evaluation can share images with that training");
  }

  /// Compares the samples that are evaluated now with those that the run, or another one, trained on before.
  void compare_before(const std::vector<TrainedSample>& before, const std::string& who) {
    for (const TrainedSample& one : before) before_.insert(one.set);
    const std::vector<std::unordered_set<std::string_view>> reported = reported_files();
    for (SharedBefore& one : find_shared_before(before, samples_for(Trains), samples_for(Judges))) {
      const DataSet& judged = *std::find_if(sets_.begin(), sets_.end(),
                                            [&](const DataSet& set) { return set.name == one.judged && !set.phases[Judges].empty(); });
      // Files that are trained on now too, at another place than before, are reported already.
      std::erase_if(one.files,
                    [&](const std::string& id) { return reported[static_cast<std::size_t>(&judged - sets_.data())].contains(id); });
      if (one.files.empty() && one.patients.empty()) continue;
      shared_before_.emplace(one.trained, one.judged);
      const auto trained = std::find_if(sets_.begin(), sets_.end(), [&](const DataSet& set) { return set.name == one.trained; });
      if (names(judged, one.trained) || (trained != sets_.end() && names(*trained, one.judged))) {
        add_disclosure(program_, before_words(one, who) + ", as `shares_with` allows");
        continue;
      }
      Diagnostic& told = diagnostics_.error("data.shared", judged.text->place,
                                            first_names(judged.phases[Judges]) + ": " + before_words(one, who), before_hint(one));
      if (!one.files.empty() && one.example.first != one.example.second)
        told.notes.push_back({judged.text->place, "one of the equal files was `" + one.example.first + "` in training and is `" +
                                                      one.example.second + "` in evaluation"});
    }
  }

  /// Returns, for each data set, the ids of its samples for evaluation whose files are trained on too.
  [[nodiscard]] std::vector<std::unordered_set<std::string_view>> reported_files() const {
    std::vector<std::unordered_set<std::string_view>> out(sets_.size());
    for (const auto& [pair, common] : common_) out[pair.second].insert(common.files.begin(), common.files.end());
    return out;
  }

  /// Says of each data set without patients and files that nothing was compared with it.
  void disclose_unlisted() {
    for (const DataSet& set : sets_)
      for (const Purpose purpose : {Trains, Judges})
        if (!set.phases[purpose].empty() && std::all_of(set.samples[purpose].begin(), set.samples[purpose].end(),
                                                        [](const ListedSample& one) { return one.file.empty() && one.patient.empty(); }))
          add_disclosure(program_, "whether training and evaluation share patients or files is unknown for `" + set.name + "` in " +
                                       first_names(set.phases[purpose]) + ", because its source lists no patients or files");
  }

  static bool names(const DataSet& set, const std::string& other) {
    return set.shares && std::find((**set.shares).begin(), (**set.shares).end(), other) != (**set.shares).end();
  }

  void report(const DataSet& trained, const DataSet& judged, const Common& common) {
    const bool is_one = &trained == &judged;
    std::string what = shared_words(common.patients, common.files);
    if (!common.files.empty() && !compares_whole_) what += ", compared at their beginning, middle and end";
    if (names(trained, judged.name) || names(judged, trained.name)) {
      add_disclosure(program_, (is_one ? "training and evaluation on `" + judged.name + "`"
                                       : "training on `" + trained.name + "` and evaluation on `" + judged.name + "`") +
                                   " share " + what + ", as `shares_with` allows");
      return;
    }
    Diagnostic& told = diagnostics_.error(
        "data.shared", judged.text->place,
        first_names(trained.phases[Trains]) + (trained.phases[Trains].size() == 1 ? " trains on `" : " train on `") + trained.name +
            "` and " + first_names(judged.phases[Judges]) + (judged.phases[Judges].size() == 1 ? " evaluates on `" : " evaluate on `") +
            judged.name + "`, but " + (is_one ? "these parts of it" : "the two") + " share " + what,
        "separate them, or allow it with `shares_with: [" + trained.name + "]` at `" + judged.name + "`");
    if (!is_one) told.notes.push_back({trained.text->place, "`" + trained.name + "` is declared here"});
    if (common.example.first != common.example.second)
      told.notes.push_back({judged.text->place, "one of the equal files is `" + common.example.first + "` for training and `" +
                                                    common.example.second + "` for evaluation"});
  }

  void report_similar(const DataSet& trained, const DataSet& judged, const std::vector<std::pair<std::string, std::string>>& patients) {
    if (names(trained, judged.name) || names(judged, trained.name)) return;
    const std::size_t others = patients.size() - 1;
    Diagnostic& told = diagnostics_.warning(
        "data.similar", judged.text->place,
        "the patient `" + spelled_out(patients[0].second) + "` of `" + judged.name + "`, on which " + first_names(judged.phases[Judges]) +
            (judged.phases[Judges].size() == 1 ? " evaluates" : " evaluate") + ", and the patient `" + spelled_out(patients[0].first) +
            "` of `" + trained.name + "`, on which " + first_names(trained.phases[Trains]) +
            (trained.phases[Trains].size() == 1 ? " trains" : " train") +
            ", differ only in case, blanks, `-`, `_`, zeros of a number or Unicode form, but count as two patients" +
            (others == 0 ? "" : "; this holds for " + std::to_string(others) + (others == 1 ? " other pair too" : " other pairs too")),
        "if they are one patient, give it one name; if not, write `shares_with: [" + trained.name + "]` at `" + judged.name + "`");
    told.notes.push_back({trained.text->place, "`" + trained.name + "` is declared here"});
  }

  void check_allowances() {
    std::vector<std::string> all;
    for (const DataSet& set : sets_) all.push_back(set.name);
    for (std::size_t own = 0; own < sets_.size(); ++own) {
      if (!sets_[own].shares) continue;
      const ComponentText& text = *sets_[own].text;
      const Tree* given = find_dotted(text.with, sets_[own].shares->name());
      for (std::size_t k = 0; given && k < (**sets_[own].shares).size(); ++k) {
        const std::string& name = (**sets_[own].shares)[k];
        const Place place = given->is_list() && k < given->items.size() ? given->items[k].place : given->place;
        const auto other = static_cast<std::size_t>(std::find(all.begin(), all.end(), name) - all.begin());
        if (shared_before_.contains({name, sets_[own].name}) || shared_before_.contains({sets_[own].name, name})) continue;
        if (other == all.size()) {
          // The run can have trained on a data set that the graph had before.
          if (before_.contains(name)) continue;
          if (has_all_resources_)
            diagnostics_.error("data.unknown", place,
                               "`shares_with` of `" + text.name + "` names `" + name + "`, but no source reads a data set of that name",
                               name_hint(name, all));
        } else if (!common_.contains({own, other}) && !common_.contains({other, own}) && !similar_.contains({own, other}) &&
                   !similar_.contains({other, own})) {
          diagnostics_.warning("data.unshared", place,
                               "`shares_with` of `" + text.name + "` names `" + name +
                                   "`, but the two are not known to share a patient or file between training and evaluation",
                               "remove it, so that it cannot hide a shared file later");
        }
      }
    }
  }

  const GraphDescription& graph_;
  bool has_all_resources_;
  Program& program_;
  const std::vector<PhaseKnown>& known_;
  Diagnostics& diagnostics_;
  std::vector<DataSet> sets_;
  std::vector<Use> uses_;
  std::map<std::pair<std::size_t, std::size_t>, Common> common_;  ///< By the set for training and the set for evaluation.
  /// Patients with nearly equal names, for training and for evaluation.
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::pair<std::string, std::string>>> similar_;
  bool compares_whole_ = true;
  std::set<std::string> before_;                                 ///< Data sets that the run trained on before it was resumed.
  std::set<std::pair<std::string, std::string>> shared_before_;  ///< Data sets before, and now, with samples in common.
};

}  // namespace

void check_shared_samples(const GraphDescription& graph, bool has_all_resources, Program& program, const std::vector<PhaseKnown>& known,
                          Diagnostics& diagnostics) {
  SharedSamples(graph, has_all_resources, program, known, diagnostics).check();
}

}  // namespace leat::program
