#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "leat/csv.h"
#include "leat/image.h"
#include "leat/leat.h"
#include "leat/tensor.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/small_data.h"

void leat_register_leat_nodes_image(leat::Registry& registry);
void leat_register_leat_nodes_io(leat::Registry& registry);
void leat_register_leat_nodes_tensor(leat::Registry& registry);
void leat_register_leat_nodes_write(leat::Registry& registry);

// What a network gives on its way into files, with weights that are no numbers.
using namespace leat;
using namespace leat::test;

namespace {

/// Logits that are `bad` for the samples whose name has an `n`.
struct Network final : Node {
  Gather<Image> image{this, "image", "height x width, 8 bit. A gray picture."};
  Output<at::Tensor> classes{this, "classes", "N x 2, float."};
  Output<at::Tensor> masks{this, "masks", "N x 1 x 8 x 8, float."};
  Choice bad{this, "bad", "What it gives.", "nan", {"nan", "inf"}};

  void process(Frame& frame) const override {
    const Rows<Image> images = frame[image];
    at::Tensor logits = at::zeros({images.size(), 2}), drawn = at::full({images.size(), 1, 8, 8}, 3.0);
    const float value = bad == "nan" ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
    for (int row = 0; row < images.size(); ++row) {
      if (images.sample(row).id.find('n') != 0) continue;
      logits[row][1].fill_(value);
      drawn[row][0][2][3].fill_(value);
    }
    frame.put(classes, logits);
    frame.put(masks, drawn);
  }
};

/// Logits of a mask that is where the picture is bright.
struct Bright final : Node {
  Gather<Image> image{this, "image", "height x width, 8 bit. A gray picture."};
  Output<at::Tensor> masks{this, "masks", "N x 1 x height x width, float."};

  void process(Frame& frame) const override {
    const Rows<Image> images = frame[image];
    std::vector<at::Tensor> rows;
    for (int row = 0; row < images.size(); ++row) {
      const cv::Mat& pixels = images[row].pixels;
      at::Tensor one = at::zeros({1, pixels.rows, pixels.cols});
      for (int y = 0; y < pixels.rows; ++y)
        for (int x = 0; x < pixels.cols; ++x) one[0][y][x] = (pixels.at<std::uint8_t>(y, x) - 127.5F) / 32;
      rows.push_back(one);
    }
    frame.put(masks, at::stack(rows));
  }
};

Registry registry() {
  Registry out;
  leat_register_leat_nodes_image(out);
  leat_register_leat_nodes_io(out);
  leat_register_leat_nodes_tensor(out);
  leat_register_leat_nodes_write(out);
  detail::register_type<Network>(out, "test.network", "Gives logits.");
  detail::register_type<Bright>(out, "test.bright", "Gives the mask of what is bright.");
  return out;
}

std::string graph(const std::filesystem::path& data, const std::string& bad, const std::string& csv_reads) {
  return "leat: 1\nresources:\n  data: {uses: io.split, with: {path: '" + data.string() +
         "'}}\nphases:\n  predict:\n    nodes:\n"
         "      source: {uses: io.images, with: {split: data, batch: 3}}\n"
         "      decode: {uses: image.decode, in: {file: source.file}, on_error: skip}\n"
         "      small: {uses: image.resize, in: {image: decode.image}, with: {width: 8, height: 8}}\n"
         "      net: {uses: test.network, in: {image: small}, with: {bad: " +
         bad +
         "}}\n"
         "      chances: {uses: tensor.probabilities, in: net.classes}\n"
         "      scores: {uses: tensor.scores, in: chances}\n"
         "      covers: {uses: tensor.probabilities, in: net.masks, with: {kind: sigmoid}}\n"
         "      masks: {uses: tensor.images, in: {probabilities: covers, like: small}}\n"
         "      files: {uses: write.image, in: {mask: masks}, with: {masks: [lungs]}}\n"
         "      page: {uses: write.mosaic, in: {image: small, outlines: {lungs: masks}}}\n"
         "      csv: {uses: write.csv, in: {" +
         csv_reads + "}, with: {file: predictions.csv" + (csv_reads.find("probabilities") != std::string::npos ? ", classes: [a, b]" : "") +
         (csv_reads.find("mask:") != std::string::npos ? ", masks: [lungs]" : "") + "}}\nplan: {then: [predict]}\n";
}

}  // namespace

TEST_CASE("a prediction: what is not finite is a row with its reason, and neither a mask nor a class") {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "n.png", "c.png", "nan.png"}) put_picture(folder.path() / "data" / name, 100, {16, 16});
  put(folder.path() / "data" / "b\xF6se.png", "no picture");
  int run = 0;
  for (const char* bad : {"nan", "inf"})
    for (const char* reads : {"probabilities: scores, mask: masks", "mask: masks", "probabilities: scores"}) {
      CAPTURE(bad);
      CAPTURE(reads);
      RunOptions options;
      options.folder = folder.path() / std::to_string(run++);
      const RunResult result = run_graph(registry(), graph(folder.path() / "data", bad, reads), 3, options);
      const CsvTable table = read_csv(text_of(options.folder / "predictions.csv"));
      REQUIRE(table.rows.size() == 6);
      for (const CsvTable::Row& row : table.rows) {
        CAPTURE(row.fields[0]);
        const bool is_bad = row.fields[0].starts_with("n"), is_broken = row.fields[0] == "b\xF6se.png";
        CHECK(std::filesystem::exists(options.folder / "masks" / row.fields[0]) == (!is_bad && !is_broken));
        CHECK((row.fields[1] == "ok") == (!is_bad && !is_broken));
        if (is_bad) CHECK(row.fields[1].find("not finite") != std::string::npos);
        if (is_bad || is_broken)
          for (std::size_t k = 2; k < row.fields.size(); ++k) CHECK(row.fields[k].empty());
      }
      // As JSON writes `b\xF6se.png`.
      CHECK(text_of(options.folder / "results.json").find("b\\\\xF6se.png") != std::string::npos);
      CHECK(std::any_of(result.warnings.begin(), result.warnings.end(), [](const std::string& warning) {
        return warning.find("`masks` dropped 2 of 6 samples; the first: step ") == 0 &&
               warning.find(", sample `n.png`: the probabilities of its masks are not finite") != std::string::npos;
      }));
    }
}

TEST_CASE("tensor.images: logits where probabilities are wanted are an error that names the sample") {
  const TemporaryFolder folder;
  put_picture(folder.path() / "data" / "a.png", 100, {16, 16});
  std::string text = graph(folder.path() / "data", "nan", "mask: masks");
  text.replace(text.find("probabilities: covers"), 21, "probabilities: net.masks");
  CHECK_THROWS_WITH_AS(run_graph(registry(), text),
                       doctest::Contains("the mask probabilities of `a.png` are 3.000000..3.000000; the range is 0..1"), NodeError);
}

TEST_CASE("write.image: the centroid of a mask moves by less than a pixel of the file, under pad and squash, at odd sizes") {
  const TemporaryFolder folder;
  const std::vector<cv::Size> sizes{{131, 97}, {255, 257}, {1021, 1533}, {63, 301}};
  std::map<std::string, cv::Point2d> centres;
  for (const cv::Size size : sizes)
    for (const bool is_low : {false, true}) {
      // An ellipse away from the middle, so that a wrong offset or scale moves it.
      cv::Mat picture = cv::Mat::zeros(size, CV_8UC1);
      const cv::Point centre(size.width / 3, is_low ? 2 * size.height / 3 : size.height / 3);
      cv::ellipse(picture, centre, {size.width / 5, size.height / 5}, 0, 0, 360, 255, cv::FILLED);
      const std::string name = std::to_string(size.width) + "x" + std::to_string(size.height) + (is_low ? "-low" : "") + ".png";
      std::filesystem::create_directories(folder / "data");
      cv::imwrite((folder / "data" / name).string(), picture);
      centres[name] = {centre.x + 0., centre.y + 0.};
    }
  for (const std::string fit : {"squash", "pad"})
    for (const std::string seen : {"64", "65", "127"}) {
      RunOptions options;
      options.folder = folder / (fit + seen);
      run_graph(registry(),
                "leat: 1\nresources:\n  data: {uses: io.split, with: {path: '" + (folder / "data").string() +
                    "'}}\nphases:\n  predict:\n    nodes:\n"
                    "      source: {uses: io.images, with: {split: data, batch: 3}}\n"
                    "      decode: {uses: image.decode, in: {file: source.file}}\n"
                    "      small: {uses: image.resize, in: {image: decode.image}, with: {size: " +
                    seen + ", fit: " + fit +
                    "}}\n"
                    "      net: {uses: test.bright, in: {image: small}}\n"
                    "      covers: {uses: tensor.probabilities, in: net.masks, with: {kind: sigmoid}}\n"
                    "      masks: {uses: tensor.images, in: {probabilities: covers, like: small}}\n"
                    "      files: {uses: write.image, in: {mask: masks}, with: {masks: [bright]}}\n"
                    "plan: {then: [predict]}\n",
                3, options);
      for (const auto& [name, centre] : centres) {
        const cv::Mat mask = cv::imread((options.folder / "masks" / name).string(), cv::IMREAD_UNCHANGED);
        CAPTURE(fit);
        CAPTURE(seen);
        CAPTURE(name);
        const cv::Moments moments = cv::moments(mask, true);
        REQUIRE(moments.m00 > 0);
        CHECK(std::abs(moments.m10 / moments.m00 - centre.x) < 1);
        CHECK(std::abs(moments.m01 / moments.m00 - centre.y) < 1);
      }
    }
}
