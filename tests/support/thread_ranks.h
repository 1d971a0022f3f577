#pragma once

#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/ranks.h"

namespace leat {

/// Ranks that are threads of one process. A rank that leaves ends the waiting of the others. [any thread]
class ThreadRanks {
 public:
  explicit ThreadRanks(int size) : given_(static_cast<std::size_t>(size)) {
    for (int rank = 0; rank < size; ++rank) ranks_.push_back(std::make_unique<Member>(*this, rank));
  }

  [[nodiscard]] Ranks& of(int rank) { return *ranks_[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] int size() const { return static_cast<int>(given_.size()); }
  /// Returns how often the ranks have exchanged something.
  [[nodiscard]] int exchanges() const { return exchanges_; }
  void leave(int rank) {
    const std::lock_guard guard(lock_);
    if (gone_ < 0) gone_ = rank;
    changed_.notify_all();
  }

 private:
  class Member final : public Ranks {
   public:
    Member(ThreadRanks& all, int rank) : all_(all), rank_(rank) {}

    int rank() const override { return rank_; }
    int size() const override { return all_.size(); }
    std::string name_of(int rank) const override { return "rank " + std::to_string(rank); }
    std::vector<std::string> gather(std::string_view own) override { return all_.exchange(rank_, own, "gather"); }
    std::string from_first(std::string_view own) override { return all_.exchange(rank_, own, "from_first").front(); }
    void gather_blocks(std::span<const std::byte> own, std::span<std::byte> all) override {
      std::size_t at = 0;
      for (const std::string& one : all_.exchange(rank_, {reinterpret_cast<const char*>(own.data()), own.size()}, "gather_blocks")) {
        std::memcpy(all.data() + at, one.data(), one.size());
        at += one.size();
      }
    }
    void sum(std::span<float> numbers) override {
      const auto all = all_.exchange(rank_, {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()}, "sum");
      for (std::size_t k = 0; k < numbers.size(); ++k) {
        float total = 0;
        for (const std::string& one : all) {
          float number = 0;
          std::memcpy(&number, one.data() + k * sizeof number, sizeof number);
          total += number;
        }
        numbers[k] = total;
      }
    }
    void begin_sum(std::span<float> numbers) override { sum(numbers); }
    void finish_sums() override {}
    std::string lost() const override { return all_.lost(); }
    void ask_to_stop() override {
      const std::lock_guard guard(all_.stop_lock_);
      if (all_.stop_) all_.stop_();
    }
    void when_asked_to_stop(std::function<void()> stop) override {
      const std::lock_guard guard(all_.stop_lock_);
      all_.stop_ = std::move(stop);
    }
    /// No process has this number.
    std::vector<int> processes_here() const override { return std::vector<int>(static_cast<std::size_t>(all_.size() - 1), -1); }

   private:
    ThreadRanks& all_;
    const int rank_;
  };

  std::vector<std::string> exchange(int rank, std::string_view own, std::string_view kind) {
    std::unique_lock guard(lock_);
    if (arrived_ > 0 && kind != kind_) throw std::logic_error("a rank calls " + std::string(kind) + ", but others call " + kind_);
    kind_ = kind;
    given_[static_cast<std::size_t>(rank)] = own;
    const int round = round_;
    if (++arrived_ == size()) {
      arrived_ = 0;
      ++exchanges_;
      taken_ = given_;
      ++round_;
      changed_.notify_all();
    }
    changed_.wait(guard, [&] { return round_ != round || gone_ >= 0; });
    if (round_ == round) throw RankLost(sentence_of(gone_));
    return taken_;
  }

  std::string lost() {
    const std::lock_guard guard(lock_);
    return gone_ < 0 ? "" : sentence_of(gone_);
  }

  static std::string sentence_of(int gone) { return "rank " + std::to_string(gone) + " has ended"; }

  std::mutex lock_, stop_lock_;
  std::function<void()> stop_;
  std::condition_variable changed_;
  std::vector<std::string> given_, taken_;
  std::string kind_;  ///< Of the call that the ranks wait in.
  int arrived_ = 0, round_ = 0, exchanges_ = 0, gone_ = -1;
  std::vector<std::unique_ptr<Ranks>> ranks_;
};

}  // namespace leat
