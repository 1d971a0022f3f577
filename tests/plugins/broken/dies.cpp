#include <csignal>

#include "same.h"

namespace {
using namespace leat;

struct Dies final : Same {
  Choice at{this, "at", "Where.", "process", {"shapes", "open", "process", "finish"}};

  void shapes(Shapes&) const override { die("shapes"); }
  void open(const Opening&) override { die("open"); }
  void process(Frame& frame) const override {
    if (frame.key().step == 1) die("process");
    Same::process(frame);
  }
  void finish(Frame&) const override { die("finish"); }

 private:
  void die(std::string_view where) const {
    if (*at == where) std::raise(SIGSEGV);
  }
};

}  // namespace

LEAT_NODE(Dies, "dies.same", "Gives what it gets.")
