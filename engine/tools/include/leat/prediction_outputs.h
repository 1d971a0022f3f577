#pragma once

#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/new_graph.h"
#include "leat/registry.h"
#include "leat/trained_images.h"

namespace leat {

// Changes of a prediction graph (leat/prediction.h) that `leat predict` makes for its options.

/// Lets every `write.image` of masks also write the image with their outlines. Throws Refusal if the phase has none, or if one has no
/// `image`.
void add_overlays(GraphDescription& graph);

/// Adds the saliency of the classification: a map for each image, at the size of its file, in the folder `saliency`. Throws Refusal if the
/// phase does not classify with a network of `model.encode`.
void add_saliency(GraphDescription& graph);

/// Lets the files of every `write.image` be written into tars, one for each tar of the images (`write.tar`). Call it after `add_overlays`
/// and `add_saliency`. Throws Refusal if the phase has no `write.image`.
void write_tars(GraphDescription& graph);

/// What of the predictions is judged, and what is not although the images have it, in words.
struct Judged {
  std::string what;  ///< "classes and masks"; empty: nothing.
  std::vector<std::string> why_not;
};

/// Adds phases that judge the classes and masks of the predicted images, if they have labels that the network knows: `judged_classes` and
/// `judged_masks`. Call it after the others, and before `average_runs`; `is_averaged`: that will be called.
[[nodiscard]] Judged add_judgement(GraphDescription& graph, NewData images, bool is_averaged);

/// Puts an `image.check` with these numbers before each `tensor.normalize`.
void add_checks(GraphDescription& graph, const TrainedImages& trained);

/// Returns the tables that nodes of type `write.csv` write, relative to the run's folder. Throws Refusal if there is none.
[[nodiscard]] std::vector<std::string> tables_of(const GraphDescription& graph);

}  // namespace leat
