#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "support/doctest.h"

namespace leat {

/// Returns a small graph with both tasks, a gate with two hospitals, and a test. The words in capitals are what tests change.
inline std::string two_tasks(std::initializer_list<std::pair<std::string, std::string>> changes = {}) {
  std::string text = R"(leat: 1
title: both tasks, small
resources:
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [NORMAL, PNEUMONIA], masks: [lungs], bias: false}}
  adam: {uses: optim.adam, with: {model: net, lr: 2.0e-2, decoupled: true, weight_decay: 1.0e-4, schedule: {kind: cosine, warm_up: 2}}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 8, batch: 8}}
      others: {uses: io.chest, with: {hospital: [A, B], split: unlabelled, count: 8, batch: 6}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      more: {uses: tensor.normalize, in: others.image, with: {model: net}}
      masks: {uses: tensor.masks, in: chests.mask}
      teacher: {uses: model.encode, in: more, with: {model: net, weights: ema, detached: true}}
      judged: {uses: model.classify, in: teacher, with: {model: net, weights: ema}}
      gate:
        uses: gate.confidence
        in: {logits: judged, truth: others.known_label}
        with: {threshold: 0.5, alignment: uniform, balance: true, classes: [NORMAL, PNEUMONIA]GATE}
      encode: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      classes: {uses: model.classify, in: encode, with: {model: net}}
      lungs: {uses: model.segment, in: {features: encode, image: batch}, with: {model: net, mode: train}}
      strong: {uses: model.encode, in: more, with: {model: net, mode: train}}
      guessed: {uses: model.classify, in: strong, with: {model: net}}
      drawn: {uses: model.segment, in: {features: strong, image: more}, with: {model: net, mode: train}}
      class_loss: {uses: loss.cross_entropy, in: {logits: classes, label: chests.label}}
      pseudo_loss: {uses: loss.pseudo_label, in: {logits: guessed, pseudo: gate.pseudo, weight: gate.weight}}
      lung_loss: {uses: loss.dice, in: {logits: lungs, mask: masks}, with: {masks: [lungsMASKS]}}
      kl: {uses: loss.kl, in: {prediction: drawn, target: lungs}, with: {detach: false}}
      loss:
        uses: loss.total
        in: {terms: {classes: class_loss, pseudo: pseudo_loss, lungs: lung_loss, kl: kl}}
        with: {weights: {kl: 0.01WEIGHTS}, ramp: {pseudo: RAMP}}
      step: {uses: train.step, in: loss, with: {optimizer: adam, clip: 2, ema: true}}
  test:
    nodes:
      chests: {uses: io.chest, with: {hospital: B, split: test, count: 6, batch: 5}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      encode: {uses: model.encode, in: batch, with: {model: net, weights: ema}}
      scores: {uses: model.classify, in: encode, with: {model: net, weights: ema}}
      drawn: {uses: model.segment, in: {features: encode, image: batch}, with: {model: net, weights: ema}}
      classes: {uses: metric.classification, in: {logits: scores, label: chests.label}, with: {classes: [NORMAL, PNEUMONIA]}}
      lungs: {uses: metric.segmentation, in: {logits: drawn, mask: chests.mask}, with: {masks: [lungs], spacing_mm: 1.4}}
      gradient: {uses: model.saliency, in: batch, with: {model: net, weights: ema}}
      other: {uses: model.saliency, in: batch, with: {model: net, weights: ema, of: another}}
      blank: {uses: model.saliency, in: batch, with: {model: net, weights: ema, of: none}}
      focus: {uses: metric.saliency, in: {saliency: gradient, mask: chests.mask}}
      other_focus: {uses: metric.saliency, in: {saliency: other, mask: chests.mask}}
      blank_focus: {uses: metric.saliency, in: {saliency: blank, mask: chests.mask}}
plan:
  train: {phase: train, steps: 16, checkpoint_every: 5}
  then: [test]
)";
  const auto replace = [&](const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  };
  for (const auto& [from, to] : changes) replace(from, to);
  for (const auto& [word, usual] : {std::pair("GATE", ""), {"MASKS", ""}, {"WEIGHTS", ""}, {"RAMP", "0.5"}})
    if (text.find(word) != std::string::npos) replace(word, usual);
  return text;
}

}  // namespace leat
