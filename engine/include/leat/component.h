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

class Resource;
class UsePort;

/// What a node or resource learns when it opens. Lives during the call only.
struct Opening {
  std::uint64_t seed = 0;
  std::string name;                       ///< The node's or the resource's own.
  std::string phase;                      ///< Empty for a resource.
  std::filesystem::path run_folder;       ///< Where it may write; empty when the run keeps nothing (`leat verify`).
  std::string device;                     ///< `cpu` or `cuda:0`: where the device lane computes.
  std::function<void(std::string)> warn;  ///< One sentence, shown once a run.
  /// One sentence on where figures come from that is no fault, as how labels were drawn. Results keep it, and reports show it.
  std::function<void(std::string)> disclose;
  bool is_loaded = false;              ///< For a resource: `load` follows `open`, so that its first values need no file.
  const Archive* recorded = nullptr;   ///< For a resource: what its `record` said in the run that goes on here; null: nothing is known.
  bool accepts_changed_files = false;  ///< What differs from `recorded` is accepted, and told by `warn` in `open`.

  /// A key for numbers drawn while opening, that of the name given.
  [[nodiscard]] RandomKey random_key(std::string_view of_name) const;
};

/// What nodes and resources have in common: declared parameters and named resources.
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

/// What nodes and phases share: a model, an optimizer, a split. Constructors declare; `survey` looks (lists, headers of files, no
/// pixels) and is called for `leat check` too; `open` acts. A resource that changes while a run goes on saves and loads all of it. One
/// that depends on what lies outside of the graph's text (files) records it, and compares it in `survey` when a run goes on.
class Resource : public Component {
 public:
  virtual void survey(const Opening&) {}  ///< [setup] Throws Refusal.
  virtual void open(const Opening&) {}    ///< [setup] Throws Refusal. What it uses is open already.
  virtual void save(Archive&) const {}    ///< [worker] On the device lane, between two steps.
  virtual void load(const Archive&) {}    ///< [setup] After open; throws std::runtime_error.
  /// Fingerprints of the files that the resource uses (`leat/file_marks.h`), and what was drawn from them. Each checkpoint has it, and
  /// `survey` of a run that goes on finds it in `Opening::recorded`: what differs it refuses, or goes on with what is recorded where
  /// `accepts_changed_files` says so. [setup] Once a run, after open.
  virtual void record(Archive&) const {}
  /// Counts that results and reports give of it: `labels` and `masks` that train, `validation_labels` and `validation_masks` that choose,
  /// `weights`. [setup] After open.
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
  [[nodiscard]] virtual std::string_view kind() const = 0;              ///< What the resource has to be, in words: `model`, `split`.
  [[nodiscard]] virtual TypeIdentity type() const = 0;                  ///< The class that it has to be or to derive from.
  [[nodiscard]] virtual std::string_view header() const { return {}; }  ///< Where authors find this class; empty if it is not public.
  [[nodiscard]] virtual bool bind(Resource& resource) = 0;              ///< False: it is of another kind. [setup]

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

/// Reads a resource of class R, which has `static constexpr std::string_view kind` and, if it is public, `header`.
template <class R>
class Uses final : public detail::Bound<R, UsePort::Access::Read> {
 public:
  using detail::Bound<R, UsePort::Access::Read>::Bound;
  [[nodiscard]] const R& operator*() const { return *this->resource_; }
  [[nodiscard]] const R* operator->() const { return this->resource_; }
};

/// Reads and changes a resource. The Program allows one changing node a resource and step, in a train phase only, and orders readers.
template <class R>
class Changes final : public detail::Bound<R, UsePort::Access::Write> {
 public:
  using detail::Bound<R, UsePort::Access::Write>::Bound;
  [[nodiscard]] R& operator*() const { return *this->resource_; }
  [[nodiscard]] R* operator->() const { return this->resource_; }
};

}  // namespace leat
