#include "bench/loop_by_hand.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "augment/drawing.h"
#include "augment/view.h"
#include "bench/process.h"
#include "image/decode_image.h"
#include "image/resample.h"
#include "loss/class_loss.h"
#include "model/passes.h"
#include "support/optimizer.h"
#include "tensor/pixel_numbers.h"
#include "train/gradients.h"

namespace leat::bench {

namespace {

struct File {
  std::filesystem::path path;
  std::int64_t label = 0;
};

struct Batch {
  at::Tensor images, labels;
};

std::vector<File> files_of(const std::filesystem::path& folder) {
  std::vector<File> out;
  for (const auto& [name, label] : {std::pair{"NORMAL", 0}, std::pair{"PNEUMONIA", 1}})
    for (const auto& entry : std::filesystem::directory_iterator(folder / name)) out.push_back({entry.path(), label});
  if (out.empty()) throw std::runtime_error("there is no file in " + folder.string());
  std::sort(out.begin(), out.end(), [](const File& one, const File& other) { return one.path < other.path; });
  return out;
}

/// Makes the batches of a training, each in the same way whoever makes it. [parallel]
class BatchMaker {
 public:
  BatchMaker(const LoopSettings& settings, const Normalization& normalization)
      : settings_(settings),
        files_(files_of(settings.data)),
        numbers_(static_cast<float>(normalization.mean.of(0)), static_cast<float>(normalization.deviation.of(0))) {
    for (std::size_t place = 0; order_.size() < static_cast<std::size_t>(settings.steps) * static_cast<std::size_t>(settings.batch);
         place = (place + 1) % files_.size()) {
      if (place == 0) std::shuffle(files_.begin(), files_.end(), shuffling_);
      order_.push_back(files_[place]);
    }
  }

  [[nodiscard]] Batch operator()(int step) const {
    const std::int64_t side = settings_.size;
    Batch out{at::empty({settings_.batch, 1, side, side}, at::kFloat), at::empty({settings_.batch}, at::kLong)};
    auto* value = out.images.mutable_data_ptr<float>();
    auto* label = out.labels.mutable_data_ptr<std::int64_t>();
    for (int slot = 0; slot < settings_.batch; ++slot) {
      const File& file =
          order_[static_cast<std::size_t>(step) * static_cast<std::size_t>(settings_.batch) + static_cast<std::size_t>(slot)];
      label[slot] = file.label;
      value = put(view_of(file, step, slot), value);
    }
    return out;
  }

 private:
  [[nodiscard]] cv::Mat view_of(const File& file, int step, int slot) const {
    std::ifstream stream(file.path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
    const DecodedImage decoded = decode_image({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    RandomKey key;
    key.step = static_cast<std::uint32_t>(step);
    key.slot = static_cast<std::uint32_t>(slot);
    Random random(key);
    Image image;
    image.pixels = resample(decoded.pixels, {settings_.size, settings_.size}, Filter::Triangle);
    Drawing drawing(image);
    drawing.crop(draw_view(random, drawing.size(), 0.5, 0.125));
    return drawing.drawn().pixels;
  }

  float* put(const cv::Mat& pixels, float* to) const {
    for (int y = 0; y < pixels.rows; ++y, to += pixels.cols) numbers_.write(pixels.ptr<std::uint8_t>(y), to, pixels.cols);
    return to;
  }

  const LoopSettings& settings_;
  std::vector<File> files_;
  PixelNumbers numbers_;
  std::mt19937 shuffling_{0};
  std::vector<File> order_;
};

/// Threads that make batches ahead. The batches come out in order.
class Loader {
 public:
  Loader(const BatchMaker& make, const LoopSettings& settings) {
    for (int k = 0; k < settings.threads; ++k)
      threads_.emplace_back([this, &make, &settings](const std::stop_token& stop) { load(make, settings, stop); });
  }

  Batch next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failure_ || ready_.contains(taken_); });
    if (failure_) std::rethrow_exception(failure_);
    Batch out = std::move(ready_.extract(taken_++).mapped());
    changed_.notify_all();
    return out;
  }

 private:
  void load(const BatchMaker& make, const LoopSettings& settings, const std::stop_token& stop) {
    try {
      for (int step = begun_++; step < settings.steps; step = begun_++) {
        {
          std::unique_lock lock(mutex_);
          if (!changed_.wait(lock, stop, [&] { return step < taken_ + settings.prefetch; })) return;
        }
        Batch made = make(step);
        const std::lock_guard lock(mutex_);
        ready_.emplace(step, std::move(made));
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<int, Batch> ready_;  // by step
  int taken_ = 0;
  std::exception_ptr failure_;
  std::atomic<int> begun_{0};
  std::vector<std::jthread> threads_;  // Last: they end before what they use.
};

std::unique_ptr<MultitaskUnet> opened_network() {
  auto net = std::make_unique<MultitaskUnet>();
  set(*net, "{norm: instance, slope: 0.2, pool_before_head: true, classes: [NORMAL, PNEUMONIA]}");
  Opening opening;
  opening.name = "net";
  opening.device = "cpu";
  net->survey(opening);
  net->open(opening);
  return net;
}

/// Returns the loss.
double train(const MultitaskUnet& net, Optimizer& adam, const Batch& batch, int step) {
  const Features features = encode(net, batch.images, {});
  const at::Tensor loss = softmax_cross_entropy(classify(net, features, Weights::Live), batch.labels).mean();
  std::vector<at::Tensor> gradients = gradients_of(loss, net.parameters());
  const at::Tensor norm = gradient_norm(gradients, loss);
  const at::NoGradGuard no_gradients;
  adam.update({std::move(gradients), scalar(*adam.lr), scalar(step), 1 - at::isfinite(norm).to(at::kFloat)});
  return loss.item<double>();
}

void write(const Resource& resource, const std::filesystem::path& file) {
  Archive archive;
  resource.save(archive);
  archive.write(file);
}

}  // namespace

LoopResult loop_by_hand(const LoopSettings& settings) {
  at::set_num_threads(settings.threads);
  const auto net = opened_network();
  const auto adam = open_optimizer("optim.adam", "{lr: 1.0e-3}", *net);
  const BatchMaker make(settings, net->normalization());
  LoopResult out;
  {
    Loader loader(make, settings);
    for (int step = 0; step < settings.steps; ++step) {
      out.losses.push_back(train(*net, *adam, loader.next(), step));
      out.wall.push_back(wall_s());
    }
  }
  write(*net, settings.folder / "net.safetensors");
  write(*adam, settings.folder / "adam.safetensors");
  return out;
}

}  // namespace leat::bench
