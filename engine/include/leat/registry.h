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

/// Where a node type runs: workers of the `cpu` arena, or the device lane.
enum class LaneKind { Cpu, Device };

struct NodeType {
  std::string id;
  std::string sentence;
  std::function<std::unique_ptr<Node>()> make;
  LaneKind lane = LaneKind::Cpu;
  std::string plugin;  ///< Whose it is, `hello 0.1.0 (hello.plugin)`; empty: Leat's own.
};

struct ResourceType {
  std::string id;
  std::string sentence;
  std::function<std::unique_ptr<Resource>()> make;
  std::string plugin;
  std::string kind;       ///< What its class calls itself, `model`; empty: nothing.
  TypeIdentity identity;  ///< Of its class.
};

/// The node types, resource types and device lanes that a process knows. An object, not a global: only `main` (or a test) has one.
class Registry {
 public:
  using MakeLane = std::function<std::unique_ptr<Lane>(const std::string& device)>;

  void add(NodeType type);      ///< Throws Refusal with both owners for a second node or resource of one id. [setup]
  void add(ResourceType type);  ///< [setup]
  void set_device(MakeLane make) { make_lane_ = std::move(make); }  ///< Who makes `cpu:2` or `cuda:0`. [setup]

  void set_worker(std::function<void()> begins) { worker_ = std::move(begins); }  ///< What each worker of the cpu lane does first. [setup]

  // ---- Plugins, see leat/plugin.h ----
  /// What a value type of this process was compiled with. [setup]
  void set_value_build(const std::string& value, const std::string& build) { value_builds_[value] = build; }
  /// All that a plugin has registered into a registry of its own; throws Refusal, and takes nothing then. [setup]
  void adopt(Registry&& of_plugin, PluginFile plugin);
  /// A plugin that was not loaded, and why: the answer to a graph that needs it. [setup]
  void refuse(PluginFile plugin, std::string why) { refused_.emplace_back(std::move(plugin), std::move(why)); }
  [[nodiscard]] const std::map<std::string, std::string>& value_builds() const { return value_builds_; }
  [[nodiscard]] const std::vector<PluginFile>& plugins() const { return plugins_; }
  [[nodiscard]] const std::vector<std::pair<PluginFile, std::string>>& refused() const { return refused_; }
  /// Why a type that a refused plugin has is not there, in a sentence; empty where none has it.
  [[nodiscard]] std::string why_not(std::string_view id) const;

  [[nodiscard]] const NodeType* find_node(std::string_view id) const;
  [[nodiscard]] const ResourceType* find_resource(std::string_view id) const;
  [[nodiscard]] std::vector<std::string> node_ids() const;
  [[nodiscard]] std::vector<std::string> resource_ids() const;
  [[nodiscard]] const MakeLane& make_lane() const { return make_lane_; }
  [[nodiscard]] const std::function<void()>& worker() const { return worker_; }

 private:
  void check_free(const std::string& id, const std::string& plugin) const;

  std::map<std::string, NodeType, std::less<>> nodes_;
  std::map<std::string, ResourceType, std::less<>> resources_;
  std::map<std::string, std::string> value_builds_;
  std::vector<PluginFile> plugins_;
  std::vector<std::pair<PluginFile, std::string>> refused_;
  MakeLane make_lane_;
  std::function<void()> worker_;
};

namespace detail {
template <class T>
std::string kind_of() {
  if constexpr (requires { std::string_view(T::kind); }) return std::string(T::kind);  // Else it can be a parameter.
  else return {};
}

template <class T>
void register_type(Registry& registry, const char* id, const char* sentence, LaneKind lane = LaneKind::Cpu) {
  if constexpr (std::is_base_of_v<Node, T>) registry.add(NodeType{id, sentence, [] { return std::make_unique<T>(); }, lane, {}});
  else registry.add(ResourceType{id, sentence, [] { return std::make_unique<T>(); }, {}, kind_of<T>(), TypeIdentity::of<T>()});
}
}  // namespace detail

}  // namespace leat

#define LEAT_JOIN_(a, b) a##b
#define LEAT_JOIN(a, b) LEAT_JOIN_(a, b)

/// Registers the class of this file: `LEAT_NODE(Resize, "image.resize", "Scales an image.")`, also for resources; nodes of the device
/// lane add `leat::LaneKind::Device`. The build names the file (LEAT_FILE) and calls what is defined here from the table it generates.
#define LEAT_NODE(Type, ID, ...)                           \
  LEAT_SAYS(LEAT_JOIN(leat_says_, LEAT_FILE), "type " ID); \
  void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry & registry) { leat::detail::register_type<Type>(registry, ID, __VA_ARGS__); }
