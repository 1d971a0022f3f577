#include "report/plain_words.h"

#include <set>
#include <sstream>
#include <string>

namespace leat::report {

namespace {

// The words of the messages in engine/ and nodes/. A word that is missing here is only left out of exported pages.
constexpr const char* words = R"(
ab abi ablations aborted about above absolute accept-changed-files accept-changed-graph accuracy activity acts adam adamw add added
address addresssanitizer adds affine after again against agreement ahd ahead al alias aliases aliasing alignment all allocator allow
allowed allows allpixel alone along already also although always among amount an and another anti-aliasing any aotinductor apart applied
are area areas around arrive as aside ask asked asks aspect assd assume assumed at attached auc augment auto autocontrast available
average averaged averages avx axis back balance balanced balancing basic batch batch's batches be because becomes before began begin
beginning begins begun being belong belongs below best betas better between bf bias bilinear bilinearly binary bins bit bits black blanks
block blocked blue bm bmp bool bootstrap border borders both bound bounds brackets bridge brightness broken budget budgets bug build builds built busy
but by byte bytes calibration call called calls came can cannot captions carry case cases category centre centred chance change changed
changes channel channels char character check checked checkpoint checkpoints chest child choice choices choose chunk class classes
classification classify classlabel classname clip clipped clipping close closed closing colour colours column columns come comes comment
common compare compared comparison compiled composed computed computes conditions confidence config connect connected connects consecutive
constant constants contain containers contains contents continues contract contradict contrast control conv convert converts convolution convolutions
copying correct correction corrupt cosine could count counted counts cover covers cpu crashes credit crop cross cross-entropies
cross-entropy cublas cuda curve cut cutout cxx cyan cycle damaged data datalist dataset db debug decay decides decision declared declares decode
decoded decoder decodes decoupled deep deepest default defined deg degrees denominator dense depends descent describe desktop detach
detached detected dev deviation device devices diagnoses diagnosis diagnostic diagnostics dib dice dicom did differ differed difference differences
different differently digits dimension dimensions direction disclosures disease distance distances distribution divergence divided
division divisor do doc document documents does done dot double down draw drawn draws drew drop dropout dropped drops dtype due duplicate
during dx each earlier edge edges ef effect either element element-wise elements else elsewhere ema empty encode encoded encoder end ended
ending endless ends engine enough enter entries entropy entry epoch epochs eps equal equalize equalized equalizes equally error et eval
evaluate evaluated evaluates evaluation event events every everywhere exactly example except exclude excludes executor exif exist exists
expected expects exponent exponential expression extend extends extraneous fact factor facts fail failed fails fall false family far
faster features few field fields figure figures file file's files fill filled find finding findings finest finish finished finite first
fit fits fixed fixmatch flight flip float flow flows focus fold fold_seed folder folders folds follow follows for foreign form format forward found four
fraction fractions frame free freedom freematch frequent from fsanitize full function further gamma gate gathers gaussian gave gb get gets
gif give given gives goes gone got gradient gradients grain graph graph's graphs gray grays green group group's groups guessed guo had
half has hash hashes hausdorff have hd head header headers headline height here hidden hide high higher highest histogram hold holds holm
holm's hospital hospitals how id identify identity ids if ignored image image's imageops images impossible in include includes incomplete
indent indentation independently index inf inference infinite information initial input input's inputs inserted inserts inside instance
instead int intensity interpolates interpolation interval intervals into invalid inverse inverted io is it its itself itu-r jaccard jit
join joined jpeg judged kb keep keep_results keeps kept key keys kind know known knows label labelled labels lack lacks lane lanes language large larger
largest last later latest layer layout leads leaky learning least leat leat's leave leave_out leaves left legend length lengths less let lets
letters level library libstdc libtorch like likeliest limit limited line linear linearly lines link list list's listed listing lists
little-endian live lld loaded loading loads lock log logarithm logit logits long longer looks loss loss's losses lost low lower lowered
lowest lr luma lung lungs macosx made magenta make makes making manifest many map maps marked marker mask masks match matched matches max
max-pools maximum may mb mean meaning means measure measured measures member memory merge message metadata method metric metrics middle
min mirrored mirroring mirrors missing mm mode model module momentum more mosaic most moved moves moving much multi multi-task multiple
multiples multiplied multiplies multiply multiply-adds multitask must na name named names nan nats nearest nearest-neighbour nearly need needed
needs negative neighbours neither nested nesterov net network network's networks never new next nnunet no node node's nodes nogradguard noise
none nor norm normal normalization normalize not note noted notes nothing now null number numbers numerator object observed observer observers
occur occurrence occurs of off offset offsets ok old older on once one one's ones only opaque open opencv opened opening operation
operations optim optimizer or order org orientation origin other others otherwise ours out outlines output outputs outside over overlap
overlay overlays overwritten own package pad padded padding page pages pair paired pairs palette papers param parameter parameters params
part partition parts pass passes path paths patient patients peak per percentile person phase phase's phases pick pickled picture pictures
pillow's pixel pixels place plain plan plan's plugin plugin's plugins pneumonia png pointer pool pooled port ports position positive possible
posterize precision predict predicted predicting prediction predictions prefetch present previous prior probabilities probability probable
process processes promised proportions pseudo pseudo-label pseudo-labels put puts px python pytorch quarter queued quote quoted quotes
raise raised ramp ran random range rank ranks rare rate rates ratio rb read readable reader readers reading reads reason recall recent
record recorded recorder recording records rectangle red reduce reduced reduction reference refers reflect reflected refused regard
region regions registered registry regular relative relu remove removed rename renamed reordered repeat repeated repeats replaced report reproduce
required resize resized resizing resource resource's resources respect rest restore results resume resumed return returns right rise rises
roc rotate rotated rotation rounded rounds row rows rowweights rule run run's running runoptions runs runtime safetensors said saliency
same sample sample's sampled samples sampling satterthwaite's save saved saving saw say scalar scalars scale scaled scales schedule score
scores script second seconds section see seed seeds seem seems seen segment segmentation select selected selects sensitivity sentence
sentences sep separate separated set set's sets settings several sgd shape shapes share shared shares sharper sharpness shear sheared
shift show shown shuffle shuffling side sides sigmoid sigmoids sign similar similarity since single size sizes skip skips slope slot small
smaller smooth smoothed smoothing so soft softmatch softmax solarize some something sorted source sources spaces spacing span specificity
spelled spelling split splits spoiled spreadsheet square squash ssim stacks stage stages standard standardization standardized start starts state
states status stay stays std step step's steps stochastic stop store stored stream stretched string strong structural structure structures
student student's subject subset such sum supported surface surplus survey symmetric sync syntax system systems tab table tabs tag take
taken takes tally target targets task tb tell template template's templates tensor tensorboard tensors tenth term term's terms test text texts
th than that the their theirs them themselves then there these they third this those thread threads threadsanitizer threshold thresholds
threw through thumbs tied tiff tile tile's tiles time times tissue title to together tombstone too torch torchscript total train trainable
trained training trains traits transformation transformed transforms translate transparency transparent treatment trial tried trivial true
truncate truncated truth tsc turned turns twice two type types u-net unchanged unconfident undefined under unet unicode uniform uniformly
union unique units unknown unlabeled unlabelled unless unlisted unordered unset unshared unused up update upper upright upsampling upstream usage use used
uses using utf utf-16 val valid validate validated validates validation validations value values valuetraits variance variances variation
velocity version view view's void waited waiting warm warning warnings was way wb weak weight weighted weights were what whatever wheel when
where whether which while white whole whose widened width windows windows-1252 with within without word words work worker workers works workspace would
write writer writers writes written x-ray x-rays yellow you your zero zeros
)";

}  // namespace

bool is_plain_word(std::string_view word) {
  static const std::set<std::string, std::less<>> known = [] {
    std::istringstream in(words);
    std::set<std::string, std::less<>> out;
    for (std::string one; in >> one;) out.insert(one);
    return out;
  }();
  return known.contains(word);
}

}  // namespace leat::report
