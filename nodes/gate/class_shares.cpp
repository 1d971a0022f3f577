#include "gate/class_shares.h"

#include <algorithm>
#include <cmath>

#include "leat/tree.h"

namespace leat {

namespace {

void check_shares(const std::vector<double>& shares) {
  double sum = 0;
  for (const double share : shares) sum += share;
  if (shares.empty() || !std::all_of(shares.begin(), shares.end(), [](double share) { return share > 0; }) || std::abs(sum - 1) > 1e-3)
    throw Refusal("`prior` must give each class a share above 0, and the shares must sum to 1", "prior");
}

}  // namespace

void ClassShares::read(const Tree& tree) {
  is_of_labels_ = tree.is_scalar() && tree.scalar == "labels";
  list_.clear();
  named_.clear();
  if (tree.is_list()) list_ = detail::read_value<std::vector<double>>(tree, name());
  else if (tree.is_map()) named_ = detail::read_value<std::map<std::string, double>>(tree, name());
  else if (!is_of_labels_)
    throw Refusal("`" + std::string(name()) + "` must be `labels`, a list of shares or a map from class names to shares, found " +
                  tree.describe());
}

std::string ClassShares::value_text() const {
  if (is_of_labels_) return "labels";
  return named_.empty() ? detail::value_text(list_) : detail::value_text(named_);
}

std::vector<double> ClassShares::stated(const std::vector<std::string>& classes) const {
  std::vector<double> out = list_;
  if (!named_.empty() && classes.empty())
    throw Refusal("`prior` names classes, but the classes of the logits have no names", "prior",
                  "set `classes`, or give `prior` as a list in the order of the classes");
  for (const auto& [name, share] : named_)
    if (std::find(classes.begin(), classes.end(), name) == classes.end())
      throw Refusal("`prior` names `" + name + "`, which is not one of the classes", "prior", name_hint(name, classes));
  for (const std::string& name : classes) {
    if (named_.empty()) break;
    const auto found = named_.find(name);
    if (found == named_.end()) throw Refusal("`prior` has no share for the class `" + name + "`", "prior");
    out.push_back(found->second);
  }
  check_shares(out);
  return out;
}

std::string ClassShares::words(const std::vector<double>& shares, const std::vector<std::string>& classes) {
  std::string out;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const double share = std::round(shares[k] * 1e4) / 1e4;
    out += (out.empty() ? "" : ", ") + (k < classes.size() ? classes[k] : "class " + std::to_string(k)) + " " + detail::value_text(share);
  }
  return out;
}

}  // namespace leat
