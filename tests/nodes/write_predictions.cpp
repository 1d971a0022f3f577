#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <limits>
#include <opencv2/imgcodecs.hpp>

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

Registry registry() {
  Registry out;
  leat_register_leat_nodes_image(out);
  leat_register_leat_nodes_io(out);
  leat_register_leat_nodes_tensor(out);
  leat_register_leat_nodes_write(out);
  detail::register_type<Network>(out, "test.network", "Gives logits.");
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
