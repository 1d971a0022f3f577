#include "program/dimensions.h"

#include <algorithm>
#include <atomic>

namespace leat::program {

namespace {

Dimensions::Fit compare(const EntryNames& given, const EntryNames& wanted) {
  using Fit = Dimensions::Fit;
  if (given.list == wanted.list) return Fit::Same;
  const auto is_wanted = [&](const std::string& name) {
    return std::find(wanted.list.begin(), wanted.list.end(), name) != wanted.list.end();
  };
  if (!std::all_of(given.list.begin(), given.list.end(), is_wanted)) return Fit::OtherNames;
  return given.list.size() == wanted.list.size() ? Fit::OtherOrder : Fit::Subset;
}

}  // namespace

const void* Dimensions::next_tag() {
  // A number, not an address: a resource can keep a Dim of a phase whose solver has ended, and the next solver can be at its address.
  static std::atomic<std::uintptr_t> next{1};
  return reinterpret_cast<const void*>(next++);
}

int Dimensions::make(const Dim& dim) {
  const int made = static_cast<int>(all_.size());
  all_.push_back({made, dim.size, dim.symbol, dim.names, dim.multi_label});
  return made;
}

int Dimensions::find(int at) const {
  while (all_[static_cast<std::size_t>(at)].parent != at) at = all_[static_cast<std::size_t>(at)].parent;
  return at;
}

Dimensions::Entry& Dimensions::change(int at) {
  undo_.push_back({at, all_[static_cast<std::size_t>(at)]});
  return all_[static_cast<std::size_t>(at)];
}

Dimensions::Fit Dimensions::unify(int a, int b) {
  a = find(a);
  b = find(b);
  if (a == b) return Fit::Same;
  const Entry first = all_[static_cast<std::size_t>(a)], second = all_[static_cast<std::size_t>(b)];
  if (first.multi_label && second.multi_label && first.multi_label->is_on != second.multi_label->is_on) return Fit::OtherMultiLabel;
  if (first.names && second.names) {
    const Fit fit = compare(*first.names, *second.names);
    if (fit != Fit::Same) return fit;
  } else if (first.size >= 0 && second.size >= 0 && first.size != second.size) {
    return Fit::OtherSize;
  }
  // The dimension with more known facts stays the root.
  const auto knows = [](const Entry& one) { return (one.names ? 2 : 0) + (one.size >= 0 ? 1 : 0); };
  const bool is_first = knows(first) > knows(second);
  const int root = is_first ? a : b;
  change(is_first ? b : a).parent = root;
  if (!all_[static_cast<std::size_t>(root)].multi_label) change(root).multi_label = is_first ? second.multi_label : first.multi_label;
  return Fit::Same;
}

Dim Dimensions::dim(int at) const {
  const Entry& root = all_[static_cast<std::size_t>(find(at))];
  return {root.size, root.size >= 0 ? std::string() : root.symbol, root.names, root.multi_label, {tag_, at}};
}

std::shared_ptr<const EntryNames> Dimensions::names(int at) const {
  const Entry& own = all_[static_cast<std::size_t>(at)];
  return own.names ? own.names : all_[static_cast<std::size_t>(find(at))].names;
}

void Dimensions::go_back(std::size_t mark) {
  while (undo_.size() > mark) {
    all_[static_cast<std::size_t>(undo_.back().at)] = std::move(undo_.back().before);
    undo_.pop_back();
  }
}

}  // namespace leat::program
