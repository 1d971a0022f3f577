#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <algorithm>
#include <filesystem>

#include "leat/tensor.h"
#include "model/passes.h"
#include "tensor/threads.h"

#include "support/doctest.h"
#include "support/network.h"

using namespace leat;

namespace {

at::Tensor pictures(std::int64_t rows, std::int64_t side) {
  return at::linspace(-30, 30, rows * side * side).sin().view({rows, 1, side, side});
}

std::vector<RandomKey> keys(std::uint32_t first, std::uint32_t count) {
  std::vector<RandomKey> out;
  for (std::uint32_t slot = first; slot < first + count; ++slot) out.push_back({{7, 9}, 0, 3, slot});
  return out;
}

std::string refusal(const std::string& settings) {
  try {
    network(settings)->survey({});
  } catch (const Refusal& refusal) {
    return refusal.at() + ": " + refusal.what();
  }
  return {};
}

}  // namespace

TEST_CASE("model.multitask_unet: the papers' setting has 1,965,155 weights, of which 1,178,994 are encoder and head") {
  const auto net = open_network(paper_settings);
  CHECK(net->count() == 1'965'155);
  CHECK(net->count_without_decoder() == 1'178'994);
}

TEST_CASE("model.multitask_unet: the papers' setting takes 53,188 multiply-adds a pixel, as PyTorch's counter of FLOPs says") {
  // torch.utils.flop_counter of the same layers at 64 x 64: 435,717,120 with the head's 1,024.
  CHECK(open_network(paper_settings)->multiply_adds() == (435'717'120 - 1'024) / 2 / (64 * 64));
}

TEST_CASE("model.multitask_unet: the demo's setting has 391,571 weights") { CHECK(open_network(demo_settings)->count() == 391'571); }

TEST_CASE("model.multitask_unet: weights start as PyTorch's do, uniform within the root of the inputs, norms at 1 and 0") {
  const auto net = open_network(demo_settings);
  const auto& slots = net->layout().slots;
  for (std::size_t k = 0; k < slots.size(); ++k) {
    INFO(slots[k].name);
    const at::Tensor& tensor = net->parameters()[k];
    if (slots[k].bound == 0) {
      CHECK(tensor.eq(slots[k].constant).all().item<bool>());
    } else {
      CHECK(tensor.abs().max().item<double>() <= slots[k].bound);
      if (tensor.numel() > 1000) CHECK(tensor.std().item<double>() == doctest::Approx(slots[k].bound / std::sqrt(3)).epsilon(0.05));
    }
    CHECK((tensor.requires_grad() && tensor.is_leaf()));
  }
}

TEST_CASE("model.multitask_unet: networks start equal where `initial` names the same, and differ by their names otherwise") {
  const auto first = open_network(demo_settings, "supervised");
  const auto second = open_network(demo_settings.substr(0, demo_settings.size() - 1) + ", initial: supervised}", "multimix");
  const auto third = open_network(demo_settings, "multimix");
  CHECK(at::equal(first->parameters()[0], second->parameters()[0]));
  CHECK(at::equal(first->parameters().back(), second->parameters().back()));
  CHECK_FALSE(at::equal(first->parameters()[0], third->parameters()[0]));
}

TEST_CASE("model.multitask_unet: saves and loads weights, averages and settings, into the tensors that others hold") {
  const std::string settings = "{channels: [4, 8], classes: [a, b], masks: [lungs], mean: 0.4}";
  const auto net = open_network(settings);
  net->start_averages();
  {
    const at::NoGradGuard no_gradients;
    net->averages()[0].mul_(0.5);
  }
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "leat_model_round_trip.safetensors";
  Archive kept;
  net->save(kept);
  kept.write(file);
  const Archive read = Archive::read(file);
  std::filesystem::remove(file);

  const auto other = open_network(settings, "other");
  const at::Tensor held = other->parameters()[0];
  other->load(read);
  CHECK(at::equal(held, net->parameters()[0]));
  CHECK(other->has_averages());
  CHECK(at::equal(other->averages()[0], net->averages()[0]));
  CHECK(read.metadata.at("model.classes") == "[a, b]");
  CHECK(read.metadata.at("model.mean") == "0.4");
  CHECK(read.metadata.contains("model.bridge.join"));
}

TEST_CASE("model.multitask_unet: refuses weights of another network, and says what differs") {
  Archive kept;
  open_network("{channels: [4, 8], classes: [a, b]}")->save(kept);
  CHECK_THROWS_WITH(open_network("{channels: [4, 8], classes: [b, a]}")->load(kept),
                    "these weights do not fit the network: its `classes` is [a, b], but here it is [b, a]");
  kept.metadata.clear();
  CHECK_THROWS_WITH(open_network("{channels: [4, 8], classes: [a, b], masks: [lungs]}")->load(kept),
                    "these weights do not fit the network: it has no `decoder.0.conv1.weight`");
  CHECK_THROWS_WITH(open_network("{channels: [4, 6], classes: [a, b]}")->load(kept),
                    "these weights do not fit the network: its `encoder.1.conv1.weight` is 8 x 4 x 3 x 3, but here it is 6 x 4 x 3 x 3");
}

TEST_CASE("model.multitask_unet: a part of the head comes in the order of the classes, and classes of other names are refused") {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "leat_model_part_of_head.safetensors";
  const auto given = open_network("{channels: [4, 8], classes: [a, b], masks: [lungs]}");
  Archive kept;
  given->save(kept);
  kept.write(file);
  const auto weight = [](const MultitaskUnet& net, const std::string& name) {
    const auto at = std::find(net.names().begin(), net.names().end(), name) - net.names().begin();
    return net.parameters()[static_cast<std::size_t>(at)];
  };
  const auto settings = [&](const std::string& classes, const std::string& part) {
    return "{channels: [4, 8], classes: " + classes + ", masks: [lungs], weights: " + file.string() + ", weights_parts: [" + part + "]}";
  };
  for (const char* part : {"head.weight", "head.bias", "head.", "h"}) {
    CAPTURE(part);
    const std::string name = std::string(part) == "head.bias" ? "head.bias" : "head.weight";
    const auto net = open_network(settings("[b, a]", part));
    CHECK(at::equal(weight(*net, name)[0], weight(*given, name)[1]));
    CHECK(at::equal(weight(*net, name)[1], weight(*given, name)[0]));
    CHECK(refusal(settings("[a, c]", part)).find("its `classes` is [a, b], but here it is [a, c]") != std::string::npos);
    CHECK(refusal(settings("[a, c]", "encoder.")) == "");
  }
  std::filesystem::remove(file);
}

TEST_CASE("model.multitask_unet: a part of weights brings its averages too, and what begins with which is disclosed") {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "leat_model_averages.safetensors";
  const auto given = open_network("{channels: [4, 8], classes: [a, b]}");
  const std::string plain = "{channels: [4, 8], classes: [a, b], weights: " + file.string(), part = plain + ", weights_parts: [encoder.]}";
  const auto disclosed = [](const std::string& settings) {
    std::vector<std::string> out;
    Opening opening;
    opening.name = "net";
    opening.disclose = [&out](const std::string& sentence) { out.push_back(sentence); };
    network(settings)->survey(opening);
    return out;
  };
  Archive kept;
  given->save(kept);
  kept.write(file);
  CHECK(disclosed(part).empty());
  CHECK_FALSE(open_network(part, "other")->has_averages());
  given->start_averages();
  {
    const at::NoGradGuard no_gradients;
    for (const at::Tensor& one : given->averages()) one.mul_(0.5);
  }
  given->save(kept);
  kept.write(file);
  const auto other = open_network(part, "other");
  REQUIRE(other->has_averages());
  for (std::size_t k = 0; k < other->names().size(); ++k) {
    CAPTURE(other->names()[k]);
    const bool is_taken = other->names()[k].starts_with("encoder.");
    CHECK(at::equal(other->averages()[k], is_taken ? given->averages()[k] : other->parameters()[k]));
    if (is_taken) CHECK(at::equal(other->parameters()[k], given->parameters()[k]));
  }
  const std::vector<std::string> wanted{"`net`: training, and passes with `weights: live`, start with the trained weights of `" +
                                        file.string() + "`; passes with `weights: ema` start with its moving averages"};
  CHECK(disclosed(part) == wanted);
  CHECK(disclosed(plain + "}") == wanted);
  std::filesystem::remove(file);
}

TEST_CASE("model.multitask_unet: warns of a weights file that does not state its order of classes or structures") {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "leat_model_no_metadata.safetensors";
  const std::string settings = "{channels: [4, 8], classes: [a, b], masks: [lungs, heart]}";
  Archive kept;
  open_network(settings)->save(kept);
  const auto warnings = [&](const std::string& wanted, bool is_loaded = false) {
    std::vector<std::string> out;
    kept.write(file);
    Opening opening;
    opening.is_loaded = is_loaded;
    opening.warn = [&out](const std::string& sentence) { out.push_back(sentence); };
    network(wanted.substr(0, wanted.size() - 1) + ", weights: " + file.string() + "}")->survey(opening);
    std::filesystem::remove(file);
    return out;
  };
  CHECK(warnings(settings).empty());
  kept.metadata.erase("model.masks");
  CHECK(warnings(settings).size() == 1);
  kept.metadata.clear();
  const std::vector<std::string> both = warnings(settings);
  REQUIRE(both.size() == 2);
  CHECK(
      both[0].starts_with("`" + file.string() + "` does not state its `classes`, so their order is assumed to be [a, b], as in the graph"));
  CHECK(both[1].find("`masks`, so their order is assumed to be [lungs, heart]") != std::string::npos);
  CHECK(warnings(settings, true).empty());
  // One structure has no order.
  open_network("{channels: [4, 8], masks: [lungs]}")->save(kept = Archive());
  kept.metadata.clear();
  CHECK(warnings("{channels: [4, 8], masks: [lungs]}").empty());
}

TEST_CASE("model.multitask_unet: refuses settings that cannot work, at the parameter") {
  CHECK(refusal("{channels: [4, 8]}") == "classes: the network has neither `classes` nor `masks`");
  CHECK(refusal("{channels: [4, 8], classes: [a]}") == "classes: one class alone needs `multi_label: true`");
  CHECK(refusal("{channels: [18, 36], classes: [a, b]}") == "channels: a stage of 18 channels cannot have 8 groups of equal size");
  CHECK(refusal("{channels: [8], masks: [lungs]}") == "channels: a decoder needs at least two stages in `channels`");
  CHECK(refusal("{channels: [4, 8], masks: [lungs], bridge.join: deepest}") ==
        "bridge.join: a bridge connects the head with the decoder, so it needs `classes` and `masks`");
  CHECK(refusal("{channels: [4, 8], classes: [a, b], weights: nowhere.safetensors}").starts_with("weights: "));
}

TEST_CASE("model: two structures give two channels of mask logits at the size of the picture") {
  const auto net = open_network("{channels: [4, 8, 8], masks: [lungs, heart]}");
  const at::Tensor image = pictures(3, 16);
  CHECK(segment(*net, encode(*net, image, {}), image, {}, {}).sizes() == at::IntArrayRef{3, 2, 16, 16});
}

TEST_CASE("model: what a row is given does not depend on the other rows of its batch, also with dropout") {
  const auto net = open_network("{channels: [4, 8, 8], norm: instance, dropout: 0.25, classes: [a, b], masks: [lungs]}");
  const at::Tensor image = pictures(5, 16);
  const Pass all{Weights::Live, {0.25, keys(0, 5)}}, last{Weights::Live, {0.25, keys(3, 2)}};
  const Features of_all = encode(*net, image, all), of_last = encode(*net, image.slice(0, 3), last);
  CHECK(at::equal(of_all.stages[0].slice(0, 3), of_last.stages[0]));
  CHECK(of_all.stages[0].ne(0).to(at::kFloat).mean().item<double>() == doctest::Approx(0.75).epsilon(0.05));
  CHECK_FALSE(at::equal(of_all.stages[0].ne(0), encode(*net, image, {}).stages[0].ne(0)));
  const at::Tensor masks = segment(*net, of_all, image, {}, all), of_two = segment(*net, of_last, image.slice(0, 3), {}, last);
  CHECK(masks.slice(0, 3).sub(of_two).abs().max().item<double>() < 1e-5);
}

TEST_CASE("model: parts of the batch, computed at the same time, have the values of the whole, and gradients need no parts") {
  const int threads = used_threads();
  for (const std::string& settings : {paper_settings, demo_settings})
    for (const int used : {1, 2, 3})
      for (const std::int64_t rows : {1, 4, 5, 6, 7}) {
        CAPTURE(settings);
        CAPTURE(used);
        CAPTURE(rows);
        use_threads(used);
        const auto net = open_network(settings);
        const at::Tensor image = pictures(rows, 32), map = saliency(*net, image, Weights::Live);
        const Pass in_parts{Weights::Live, {}, true};
        CHECK(segment(*net, encode(*net, image, in_parts), image, map, in_parts).requires_grad());
        const at::NoGradGuard no_gradients;
        const Features whole = encode(*net, image, {}), parts = encode(*net, image, in_parts);
        REQUIRE(parts.stages.size() == whole.stages.size());
        for (std::size_t k = 0; k < parts.stages.size(); ++k) CHECK(at::allclose(parts.stages[k], whole.stages[k], 1e-5, 1e-5));
        CHECK(at::allclose(parts.pooled, whole.pooled, 1e-5, 1e-5));
        CHECK(at::allclose(segment(*net, whole, image, map, in_parts), segment(*net, whole, image, map, {}), 1e-5, 1e-5));
      }
  use_threads(threads);
}

TEST_CASE("model: saliency needs no gradients of the phase, and leaves the weights' gradients alone") {
  const auto net = open_network(demo_settings);
  const at::NoGradGuard no_gradients;
  const at::Tensor found = saliency(*net, pictures(2, 32), Weights::Live);
  CHECK(found.amax({1, 2, 3}).sub(1).abs().max().item<double>() < 1e-6);
  CHECK(found.min().item<double>() >= 0);
  CHECK_FALSE(net->parameters()[0].grad().defined());
}

TEST_CASE("model: averages are used where there are some, and asking for them before is an error") {
  const auto net = open_network("{channels: [4, 8], classes: [a, b]}");
  CHECK_THROWS_AS((void)encode(*net, pictures(1, 8), {Weights::Averaged, {}}), std::runtime_error);
  net->start_averages();
  net->averages()[0].mul_(2);
  const Features features = encode(*net, pictures(1, 8), {Weights::Averaged, {}});
  CHECK_FALSE(features.pooled.requires_grad());
  CHECK(encode(*net, pictures(1, 8), {}).pooled.requires_grad());
}
