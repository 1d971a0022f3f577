#include "run/usage_notes.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/json.h"

namespace leat::run {

namespace {

using nlohmann::ordered_json;

constexpr auto pause = std::chrono::milliseconds(125);
constexpr int looks_a_note = 8;

/// Returns the first bytes of a file of /proc; an empty string if it cannot be read.
std::string head_of(int file) {
  char text[1024];
  const ssize_t bytes = file < 0 ? -1 : ::pread(file, text, sizeof text, 0);
  return bytes <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(bytes));
}

std::string head_of(const char* path) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  std::string text = head_of(file);
  if (file >= 0) ::close(file);
  return text;
}

/// Returns the state of a thread: the letter after its name, which is in parentheses and can have any letters.
char state_in(const std::string& stat) {
  const std::size_t end = stat.rfind(')');
  return end == std::string::npos || end + 2 >= stat.size() ? '?' : stat[end + 2];
}

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; }

/// Returns the number behind a name in /proc/self/io; 0 if there is none.
std::int64_t count_in(const std::string& text, const char* name) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? 0 : std::atoll(text.c_str() + at + std::strlen(name));
}

int own_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

UsageNotes::UsageNotes(const RunContext& context, record::EventLog& log) : context_(context), log_(log) {
  before_ = totals();
  thread_ = std::thread([this] { work(); });
}

UsageNotes::~UsageNotes() {
  {
    const std::lock_guard guard(lock_);
    is_closing_ = true;
  }
  moved_.notify_all();
  thread_.join();
  for (const auto& [id, files] : files_) {
    if (files.state >= 0) ::close(files.state);
    if (files.times >= 0) ::close(files.times);
  }
}

void UsageNotes::work() {
  int looks = 0;
  std::unique_lock guard(lock_);
  while (!moved_.wait_for(guard, pause, [this] { return is_closing_; })) {
    guard.unlock();
    look();
    if (++looks % looks_a_note == 0) write_note();
    guard.lock();
  }
  guard.unlock();
  write_note();
}

void UsageNotes::look() {
  context_.threads.for_each([this](const ThreadPlace& thread) { look_at(thread); });
}

void UsageNotes::look_at(const ThreadPlace& thread) {
  const RunningNow::Snapshot before = thread.running.read();
  ThreadFiles& files = files_of(thread.thread_id);
  if (before.since == 0) return;
  const char state = state_in(head_of(files.state));
  // Otherwise the state can be that of another body.
  if (thread.running.read().since != before.since) return;
  Seen& seen = seen_[{before.phase, before.node}];
  ++(state == 'R' ? seen.computing : state == 'D' ? seen.on_disk : seen.waiting);
}

UsageNotes::ThreadFiles& UsageNotes::files_of(int thread_id) {
  const auto [found, is_new] = files_.try_emplace(thread_id);
  if (is_new) {
    const std::string folder = "/proc/self/task/" + std::to_string(thread_id);
    found->second.state = ::open((folder + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
    found->second.times = ::open((folder + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC);
  }
  return found->second;
}

double UsageNotes::seconds_of_other_ranks() {
  if (!context_.ranks) return 0;
  double sum = 0;
  for (const int process : context_.ranks->processes_here()) {
    double& known = other_ranks_[process];
    const std::string stat = head_of(("/proc/" + std::to_string(process) + "/stat").c_str());
    const std::size_t name_end = stat.rfind(')');
    long long user = 0, system = 0;
    if (name_end != std::string::npos &&
        std::sscanf(stat.c_str() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user, &system) == 2)
      known = std::max(known, static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
    sum += known;
  }
  return sum;
}

UsageNotes::Totals UsageNotes::totals() {
  Totals out;
  out.at = record::now_ns();
  context_.threads.for_each([&](const ThreadPlace& thread) {
    ThreadFiles& files = files_of(thread.thread_id);
    long long ran = 0, delayed = 0;
    if (std::sscanf(head_of(files.times).c_str(), "%lld %lld", &ran, &delayed) == 2) {
      files.ran = {};
      (thread.is_lane.load(std::memory_order_relaxed) ? files.ran.lane : files.ran.workers) = ran;
      (thread.is_lane.load(std::memory_order_relaxed) ? files.ran.lane_delayed : files.ran.workers_delayed) = delayed;
    }
    out.ran.workers += files.ran.workers;
    out.ran.lane += files.ran.lane;
    out.ran.workers_delayed += files.ran.workers_delayed;
    out.ran.lane_delayed += files.ran.lane_delayed;
  });
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  out.processes = seconds(usage.ru_utime) + seconds(usage.ru_stime) + seconds_of_other_ranks();
  long long user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  if (std::sscanf(head_of("/proc/stat").c_str(), "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &user, &nice, &system, &idle, &iowait, &irq,
                  &softirq, &steal) == 8)
    out.machine = static_cast<double>(user + nice + system + irq + softirq + steal) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const std::string io = head_of("/proc/self/io");
  out.disk_bytes = count_in(io, "\nread_bytes: ") + count_in(io, "\nwrite_bytes: ");
  return out;
}

void UsageNotes::write_note() {
  const Totals now = totals();
  const auto since = [](std::int64_t one, std::int64_t other) { return static_cast<double>(one - other) * 1e-9; };
  ordered_json nodes = ordered_json::array();
  for (const auto& [node, seen] : seen_) nodes.push_back({node.first, node.second, seen.computing, seen.waiting, seen.on_disk});
  log_.add_note(json_line({{"usage",
                            {{"seconds", since(now.at, before_.at)},
                             {"cores", own_cores()},
                             {"machine_cores", ::sysconf(_SC_NPROCESSORS_ONLN)},
                             {"process", now.processes - before_.processes},
                             {"workers", since(now.ran.workers, before_.ran.workers)},
                             {"lane", since(now.ran.lane, before_.ran.lane)},
                             {"workers_delayed", since(now.ran.workers_delayed, before_.ran.workers_delayed)},
                             {"lane_delayed", since(now.ran.lane_delayed, before_.ran.lane_delayed)},
                             {"machine", now.machine - before_.machine},
                             {"disk_bytes", now.disk_bytes - before_.disk_bytes},
                             {"bytes", context_.bytes.load(std::memory_order_relaxed)},
                             {"paused", context_.is_paused.load()},
                             {"nodes", nodes}}}}));
  seen_.clear();
  before_ = now;
}

}  // namespace leat::run
