#include "manual/words.h"

#include "base/article.h"

namespace leat {
namespace {

const char* takes(PortKind kind) {
  switch (kind) {
    case PortKind::Input:
      return "";
    case PortKind::Optional:
      return ", optional";
    case PortKind::Maybe:
      return ", optional, also for dropped samples";
    case PortKind::Inputs:
      return ", any number, each with a name";
    case PortKind::Gather:
      return ", all rows of a step";
    case PortKind::OptionalGather:
      return ", all rows of a step, optional";
    case PortKind::Output:
      return "";
    case PortKind::Scatter:
      return ", one per sample";
  }
  return "";
}

}  // namespace

std::string words_of(const ParamPort& param) {
  std::string out = param.type_name();
  if (!param.range_text().empty()) out += (param.words().empty() ? ", " : " of ") + param.range_text();
  return out + (param.is_required() ? ", required" : ", default " + param.value_text());
}

std::string words_of(const UsePort& use) {
  return "the name of " + with_article(use.kind()) + (use.access() == UsePort::Access::Write ? ", which it changes" : "") +
         (use.is_optional() ? ", optional" : "");
}

std::string words_of(const Port& port) {
  return std::string(port.type().name) + takes(port.kind()) + (port.is(diagnostic) ? ", for diagnostics only" : "") +
         (port.is(differentiable) ? ", differentiable" : "");
}

}  // namespace leat
