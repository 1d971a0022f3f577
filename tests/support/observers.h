#pragma once

#include <functional>
#include <utility>

#include "leat/observer.h"

namespace leat {

/// Observers of one function each, for tests.
class OnStep final : public Observer {
 public:
  explicit OnStep(std::function<void(const Progress&)> act) : act_(std::move(act)) {}
  void step_retired(const Progress& progress) override { act_(progress); }

 private:
  std::function<void(const Progress&)> act_;
};

class OnMessage final : public Observer {
 public:
  explicit OnMessage(std::function<void(const std::string&)> act) : act_(std::move(act)) {}
  void message(const std::string& sentence) override { act_(sentence); }

 private:
  std::function<void(const std::string&)> act_;
};

class OnValue final : public Observer {
 public:
  explicit OnValue(std::function<void(const PutValue&)> act) : act_(std::move(act)) {}
  void value_put(const PutValue& put) override { act_(put); }

 private:
  std::function<void(const PutValue&)> act_;
};

}  // namespace leat
