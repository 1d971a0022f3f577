#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/param.h"
#include "leat/random.h"
#include "leat/type_identity.h"

namespace leat {

class Ranks;
class Resource;
class UsePort;

/// The context in which a node or resource opens. Valid during the call only.
struct Opening {
  std::uint64_t seed = 0;
  std::string name;                       ///< Name of the node or resource.
  std::string phase;                      ///< Name of the node's phase; empty for a resource.
  std::filesystem::path run_folder;       ///< Folder that it can write to; empty if the run keeps no files (`leat verify`).
  std::string device;                     ///< Device of the device lane: `cpu` or `cuda:0`.
  std::function<void(std::string)> warn;  ///< Takes one sentence, which is shown once per run.
  /// Takes one sentence on the origin of results that is not a fault, such as how labels were drawn. Results keep it; reports show it.
  std::function<void(std::string)> disclose;
  bool is_loaded = false;              ///< For a resource: `load` follows `open`, so `open` needs no file of weights.
  Ranks* ranks = nullptr;              ///< For a node of the training: the processes that share it; null: there is one.
  const Archive* recorded = nullptr;   ///< For a resource of a resumed run: the archive from its `record`; null: there is none.
  bool accepts_changed_files = false;  ///< Differences from `recorded` are accepted, and `open` reports them by `warn`.

  /// Returns the key of random numbers drawn while opening. It depends on the seed, the phase and `of_name` only.
  [[nodiscard]] RandomKey random_key(std::string_view of_name) const;
};

/// Base of nodes and resources: declared parameters and named resources.
class Component {
 public:
  Component() = default;
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;
  virtual ~Component() = default;

  [[nodiscard]] const std::vector<ParamPort*>& params() const { return params_; }
  [[nodiscard]] const std::vector<UsePort*>& uses() const { return uses_; }

 private:
  friend class ParamPort;
  friend class UsePort;
  std::vector<ParamPort*> params_;
  std::vector<UsePort*> uses_;
};

/// An object that nodes and phases share: a model, an optimizer, a split. The constructor declares parameters. `survey` reads lists and
/// headers of files, no pixels, also for `leat check`. `open` acquires everything else. A resource that changes during a run saves and
/// loads all of its state. A resource that uses files records them, and compares them in `survey` when a run is resumed.
class Resource : public Component {
 public:
  virtual void survey(const Opening&) {}  ///< Throws Refusal. [setup]
  virtual void open(const Opening&) {}    ///< Throws Refusal. The resources that it uses are open. [setup]
  virtual void save(Archive&) const {}    ///< Between two steps. [worker]
  virtual void load(const Archive&) {}    ///< After `open`. Throws std::runtime_error. [setup]
  /// Stores fingerprints of the files that the resource uses (`leat/file_marks.h`), and what it drew from them. Every checkpoint has them.
  /// When a run is resumed, `survey` finds them in `Opening::recorded`. It refuses differences, or uses the recorded state if
  /// `accepts_changed_files` is set. Called once per run, after `open`. [setup]
  virtual void record(Archive&) const {}
  /// Returns counts for results and reports: `labels` and `masks` used for training, `validation_labels` and `validation_masks` used for
  /// model selection, `weights`. After `open`. [setup]
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::int64_t>> facts() const { return {}; }
};

/// A resource that a component names in its `with`: `Uses<Model> model{this, "model", "The network."}`.
class UsePort {
 public:
  enum class Access { Read, Write };

  UsePort(Component* owner, std::string_view name, std::string_view sentence, Access access, bool is_optional);
  UsePort(const UsePort&) = delete;
  UsePort& operator=(const UsePort&) = delete;
  virtual ~UsePort() = default;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view sentence() const { return sentence_; }
  [[nodiscard]] Access access() const { return access_; }
  [[nodiscard]] bool is_optional() const { return is_optional_; }
  [[nodiscard]] virtual std::string_view kind() const = 0;              ///< Kind that the resource must have: `model`, `split`.
  [[nodiscard]] virtual TypeIdentity type() const = 0;                  ///< Class that it must have or derive from.
  [[nodiscard]] virtual std::string_view header() const { return {}; }  ///< Public header of this class; empty if there is none.
  [[nodiscard]] virtual bool bind(Resource& resource) = 0;              ///< Returns false if it is of another class. [setup]

 private:
  std::string_view name_;
  std::string_view sentence_;
  Access access_;
  bool is_optional_;
};

namespace detail {
template <class R, UsePort::Access how>
class Bound : public UsePort {
 public:
  Bound(Component* owner, std::string_view name, std::string_view sentence, bool is_optional = false)
      : UsePort(owner, name, sentence, how, is_optional) {}

  [[nodiscard]] std::string_view kind() const override { return R::kind; }
  [[nodiscard]] TypeIdentity type() const override { return TypeIdentity::of<R>(); }
  [[nodiscard]] std::string_view header() const override {
    if constexpr (requires { std::string_view(R::header); }) return R::header;
    else return {};
  }
  [[nodiscard]] bool bind(Resource& resource) override {
    resource_ = dynamic_cast<R*>(&resource);
    return resource_ != nullptr;
  }
  [[nodiscard]] bool is_bound() const { return resource_ != nullptr; }

 protected:
  R* resource_ = nullptr;
};
}  // namespace detail

/// Reads a resource of class R. R has `static constexpr std::string_view kind` and, if it is public, `header`.
template <class R>
class Uses final : public detail::Bound<R, UsePort::Access::Read> {
 public:
  using detail::Bound<R, UsePort::Access::Read>::Bound;
  [[nodiscard]] const R& operator*() const { return *this->resource_; }
  [[nodiscard]] const R* operator->() const { return this->resource_; }
};

/// Reads and changes a resource. The Program allows this in train phases only, and orders the readers and changers of a step.
template <class R>
class Changes final : public detail::Bound<R, UsePort::Access::Write> {
 public:
  using detail::Bound<R, UsePort::Access::Write>::Bound;
  [[nodiscard]] R& operator*() const { return *this->resource_; }
  [[nodiscard]] R* operator->() const { return this->resource_; }
};

}  // namespace leat
