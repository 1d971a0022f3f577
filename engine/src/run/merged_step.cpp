#include "run/merged_step.h"

#include <deque>
#include <exception>
#include <optional>
#include <string>

#include "base/working.h"
#include "leat/check.h"
#include "leat/merges_passes.h"
#include "leat/thrown.h"
#include "run/body.h"

namespace leat::run {

namespace {

/// The call of one node of the pass.
struct Member {
  Member(Flow& flow, int node, Chain& chain) : call(flow, flow.key()), body(flow, node, chain, call), frame(call) {}

  Frame::Call call;
  Body body;
  Frame frame;
  std::optional<Body::Followed> followed;
};

using Members = std::deque<Member>;

/// While this object lives, a crash on this thread is reported with the nodes of the pass.
class NamedPass final : public Working {
 public:
  explicit NamedPass(const Members& members) : members_(members) {}

 private:
  bool tell(CrashLine& line) const override {
    const Frame::Call& first = members_.front().call;
    line.add_name(first.node->name, first.node->type->id, first.node->type->plugin, first.node->place);
    for (std::size_t k = 1; k < members_.size(); ++k)
      line.add("%s`%s`", k == 1 ? "in one pass with " : ", ", members_[k].call.node->name.c_str());
    line.add(" at step %lld of `%.*s`", static_cast<long long>(first.key.step), static_cast<int>(first.key.phase.size()),
             first.key.phase.data());
    return true;
  }

  const Members& members_;
};

void process(Members& members) {
  std::vector<Frame*> frames;
  for (Member& one : members) frames.push_back(&one.frame);
  dynamic_cast<const MergesPasses&>(*members.front().call.node->node).process_merged(frames);
}

/// Tells observers of each node's call.
void process_observed(Observers& observers, Members& members) {
  const auto tell_each = [&](auto tell_one) {
    for (Member& one : members) {
      const std::vector<const Value*> inputs = one.call.inputs();
      const ProgramNode& node = *one.call.node;
      const NodeCall told{one.call.key.phase, node.name, node.type->id, one.call.key.step, -1, inputs};
      observers.tell(Hears::Calls, [&](Observer& observer) { tell_one(observer, told); });
    }
  };
  tell_each([](Observer& observer, const NodeCall& call) { observer.call_begins(call); });
  for (Member& one : members) one.call.observers = &observers;
  process(members);
  tell_each([](Observer& observer, const NodeCall& call) { observer.call_ends(call); });
}

NodeError error(const Members& members, const std::string& cause) {
  const Frame::Call& first = members.front().call;
  std::string others;
  for (std::size_t k = 1; k < members.size(); ++k) others += (k == 1 ? "in one pass with `" : ", `") + members[k].call.node->name + "`";
  return {first.node->name, first.node->type->id, first.node->place, first.where(), others + ": " + cause};
}

}  // namespace

void run_merged(Flow& flow, const MergedPass& pass, const ReadyTask& task, Chain& chain) {
  Members members;
  const auto in_name_of = [](const Member& one, auto work) {
    try {
      work();
    } catch (...) {
      std::rethrow_exception(one.call.named_exception());
    }
  };
  for (const int node : pass.nodes) {
    Member& one = members.emplace_back(flow, node, chain);
    one.body.enter(task);
    in_name_of(one, [&] { one.followed = one.body.begin_step(task); });
    // In a train phase, each source has slots in every step.
    LEAT_CHECK(one.followed.has_value());
  }
  const NamedPass named(members);
  try {
    Observers& observers = flow.context().observers;
    if (observers.looks_at_calls()) process_observed(observers, members);
    else process(members);
  } catch (const ObserverFailure&) {
    throw;
  } catch (...) {
    throw error(members, words_of_current_exception());
  }
  for (Member& one : members) in_name_of(one, [&] { one.body.end_step(task, *one.followed); });
}

}  // namespace leat::run
