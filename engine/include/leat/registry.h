#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/node.h"
#include "leat/plugin_file.h"

namespace leat {

class Lane;

/// Where a node type runs: on workers of the `cpu` arena, or on the device lane.
enum class LaneKind { Cpu, Device };

struct NodeType {
  std::string id;
  std::string sentence;
  std::function<std::unique_ptr<Node>()> make;
  LaneKind lane = LaneKind::Cpu;
  std::string plugin;               ///< Its plugin, `hello 0.1.0 (hello.plugin)`; empty for Leat's own types.
  bool runs_code_of_files = false;  ///< It executes code from a file, such as a script. The class has a constant of this name then.
};

struct ResourceType {
  std::string id;
  std::string sentence;
  std::function<std::unique_ptr<Resource>()> make;
  std::string plugin;
  std::string kind;                 ///< Kind of its class, `model`; empty if it has none.
  TypeIdentity identity;            ///< Identity of its class.
  bool runs_code_of_files = false;  ///< As in NodeType, for example a TorchScript network.
};

/// The node types, resource types and device lanes that a process knows. An object, not a global: only `main` (or a test) has one.
class Registry {
 public:
  using MakeLane = std::function<std::unique_ptr<Lane>(const std::string& device)>;

  void add(NodeType type);                                          ///< Throws Refusal with both owners if the id is taken. [setup]
  void add(ResourceType type);                                      ///< [setup]
  void set_device(MakeLane make) { make_lane_ = std::move(make); }  ///< Function that makes `cpu:2` or `cuda:0`. [setup]

  void set_worker(std::function<void()> begins) { worker_ = std::move(begins); }  ///< First function on each worker. [setup]

  // ---- Plugins, see leat/plugin.h ----
  /// Sets the build of a value type of this process. [setup]
  void set_value_build(const std::string& value, const std::string& build) { value_builds_[value] = build; }
  /// Adds a plugin's types. Throws Refusal, and adds nothing, on conflicts and if the plugin set a device, a worker or a build. [setup]
  void adopt(Registry&& of_plugin, PluginFile plugin);
  /// Stores a plugin that was not loaded, and the reason, for graphs that need it. [setup]
  void refuse(PluginFile plugin, std::string why) { refused_.emplace_back(std::move(plugin), std::move(why)); }
  [[nodiscard]] const std::map<std::string, std::string>& value_builds() const { return value_builds_; }
  [[nodiscard]] const std::vector<PluginFile>& plugins() const { return plugins_; }
  [[nodiscard]] const std::vector<std::pair<PluginFile, std::string>>& refused() const { return refused_; }
  /// Returns a sentence with the reason if the type is in a refused plugin; otherwise an empty string.
  [[nodiscard]] std::string why_not(std::string_view id) const;

  [[nodiscard]] const NodeType* find_node(std::string_view id) const;
  [[nodiscard]] const ResourceType* find_resource(std::string_view id) const;
  [[nodiscard]] std::vector<std::string> node_ids() const;
  [[nodiscard]] std::vector<std::string> resource_ids() const;
  /// Returns all types. Whoever keeps them can use them after the registry is gone.
  [[nodiscard]] std::vector<std::shared_ptr<const void>> types() const;
  [[nodiscard]] const MakeLane& make_lane() const { return make_lane_; }
  [[nodiscard]] const std::function<void()>& worker() const { return worker_; }

 private:
  void check_free(const std::string& id, const std::string& plugin) const;

  std::map<std::string, std::shared_ptr<const NodeType>, std::less<>> nodes_;
  std::map<std::string, std::shared_ptr<const ResourceType>, std::less<>> resources_;
  std::map<std::string, std::string> value_builds_;
  std::vector<PluginFile> plugins_;
  std::vector<std::pair<PluginFile, std::string>> refused_;
  MakeLane make_lane_;
  std::function<void()> worker_;
};

namespace detail {
template <class T>
std::string kind_of() {
  if constexpr (requires { std::string_view(T::kind); }) return std::string(T::kind);  // If not, R::kind can be a parameter.
  else return {};
}

template <class T>
constexpr bool runs_code_of_files() {
  if constexpr (requires { bool(T::runs_code_of_files); }) return T::runs_code_of_files;
  else return false;
}

template <class T>
void register_type(Registry& registry, const char* id, const char* sentence, LaneKind lane = LaneKind::Cpu) {
  if constexpr (std::is_base_of_v<Node, T>)
    registry.add(NodeType{id, sentence, [] { return std::make_unique<T>(); }, lane, {}, runs_code_of_files<T>()});
  else
    registry.add(
        ResourceType{id, sentence, [] { return std::make_unique<T>(); }, {}, kind_of<T>(), TypeIdentity::of<T>(), runs_code_of_files<T>()});
}
}  // namespace detail

}  // namespace leat

#define LEAT_JOIN_(a, b) a##b
#define LEAT_JOIN(a, b) LEAT_JOIN_(a, b)

/// Registers the class of this file: `LEAT_NODE(Resize, "image.resize", "Scales an image.")`, also for resources. Nodes of the device lane
/// add `leat::LaneKind::Device`. The build defines LEAT_FILE and generates the table that calls the function defined here.
#define LEAT_NODE(Type, ID, ...)                           \
  LEAT_SAYS(LEAT_JOIN(leat_says_, LEAT_FILE), "type " ID); \
  void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry & registry) { leat::detail::register_type<Type>(registry, ID, __VA_ARGS__); }
