#include <filesystem>
#include <string>

#include "leat/check_behaviour.h"
#include "leat/image.h"
#include "leat/leat.h"
#include "leat/register_nodes.h"
#include "support/doctest.h"

// A node of images that is right on gray images of 8 bit, which is all that its graph has, and wrong on another kind that it takes.

using namespace leat;

/// The types that the kit puts into graphs.
extern "C" void leat_nodes_enter_trials(leat::Registry& registry);

namespace {

struct Negative final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 or 16 bit. An image."};
  Output<Image> negative{this, "negative", "H x W x ..., 8 or 16 bit. Its negative."};
  Choice fault{this, "fault", "What is wrong.", "none", {"none", "colour", "deep"}};

  void shapes(Shapes& shapes) const override {
    if (const Contract in = shapes.of(image); in.has_shape) shapes.set(negative, in);
  }
  void process(Frame& frame) const override {
    const Image& in = frame[image];
    Image out{{}, in.placement};
    cv::Mat pixels = in.pixels;
    if (fault == "colour" && in.channels() == 3) cv::extractChannel(in.pixels, pixels, 1);
    cv::bitwise_not(pixels, out.pixels);
    if (fault == "deep" && in.dtype() == Dtype::U16) pixels.setTo(0);
    frame.put(negative, std::move(out));
  }
};

struct OnlyGray final : Node {
  Input<Image> image{this, "image", "H x W, 8 bit. A gray image."};
  Output<Image> same{this, "same", "H x W, 8 bit. It."};
  void process(Frame& frame) const override {
    if (frame[image].pixels.type() != CV_8UC1) throw std::runtime_error("this is not gray");
    frame.put(same, frame[image]);
  }
};

constexpr const char* graph = R"(leat: 1
params: {fault: none}
phases:
  predict:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 6, batch: 3}}
      negative: {uses: test.negative, in: chests.image, with: {fault: "${fault}"}}
      gray: {uses: test.only_gray, in: negative}
plan: {then: [predict]}
)";

std::string told(const std::string& fault) {
  Registry registry;
  register_nodes(registry);
  leat_nodes_enter_trials(registry);
  leat::detail::register_type<Negative>(registry, "test.negative", "Negates.", LaneKind::Cpu);
  leat::detail::register_type<OnlyGray>(registry, "test.only_gray", "Passes on.", LaneKind::Cpu);
  Diagnostics diagnostics;
  const GraphDescription read = read_graph_text(graph, "g.yaml", std::filesystem::current_path(), {{"fault", fault, {}}}, diagnostics);
  REQUIRE_MESSAGE(!diagnostics.has_errors(), diagnostics.str());
  ConformanceSettings settings;
  settings.types = {"test.negative", "test.only_gray"};
  std::string out;
  for (const Finding& one : check_behaviour(read, registry, settings).findings) out += one.type + ": " + one.text + "\n";
  return out;
}

}  // namespace

TEST_CASE("conformance: nodes of images are tried on colours and on 16 bit, where their contracts take them") {
  CHECK(told("none") == "");
  const std::string of_colour = told("colour"), of_deep = told("deep");
  CAPTURE(of_colour);
  CAPTURE(of_deep);
  CHECK(of_colour.starts_with("test.negative: with images in colour: "));
  CHECK(of_colour.find("64 x 64, 8 bit into `negative`, where 64 x 64 x 3, 8 bit is promised") != std::string::npos);
  CHECK(of_deep.starts_with("test.negative: with images of 16 bit: "));
  CHECK(of_deep.find("image") != std::string::npos);
}
