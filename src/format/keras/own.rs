//! What Keras itself has, by name: the rest is the user's own. Names of Keras 1, 2 and 3 alike, since files
//! before Keras 2.12 do not tell from which module a class comes.

/// Classes of layers and models.
const LAYERS: &str = "\
AbstractRNNCell Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D \
AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add AddLoss \
AddMetric AdditiveAttention AlphaDropout AtrousConvolution1D AtrousConvolution2D Attention AugMix \
AutoContrast Average AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D \
AvgPool3D BaseRandomLayer BatchNormalization BatchNormalizationBase BatchNormalizationV1 \
BatchNormalizationV2 Bidirectional CategoryEncoding CenterCrop ClassMethod Concatenate \
ContrastLimitedAdaptiveHistogramEqualization Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D \
Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D ConvRecurrent2D Convolution1D \
Convolution1DTranspose Convolution2D Convolution2DTranspose Convolution3D Convolution3DTranspose \
Cropping1D Cropping2D Cropping3D CuDNNGRU CuDNNLSTM CutMix Deconvolution2D Deconvolution3D Dense \
DenseFeatures DepthwiseConv1D DepthwiseConv2D DeviceWrapper Discretization Dot Dropout \
DropoutWrapper ELU EinsumDense Embedding Equalization Flatten FlaxLayer Functional GRU GRUCell \
GRUCellV1 GRUCellV2 GRUV1 GRUV2 GaussianDropout GaussianNoise GlobalAveragePooling1D \
GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D \
GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D GlobalMaxPooling1D GlobalMaxPooling2D \
GlobalMaxPooling3D Graph GroupNormalization GroupQueryAttention HashedCrossing Hashing Highway \
Identity InputLayer InputSpec InstanceMethod InstanceProperty IntegerLookup JaxLayer LSTM LSTMCell \
LSTMCellV1 LSTMCellV2 LSTMV1 LSTMV2 Lambda Layer LayerNormalization LeakyReLU LinearModel \
LocallyConnected1D LocallyConnected2D Masking MaxNumBoundingBoxes MaxPool1D MaxPool2D MaxPool3D \
MaxPooling1D MaxPooling2D MaxPooling3D Maximum MaxoutDense MelSpectrogram Merge Minimum MixUp Model \
MultiHeadAttention Multiply Normalization PReLU Permute Pipeline RMSNormalization RNN RandAugment \
RandomApply RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop \
RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight \
RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation RandomSaturation \
RandomSharpness RandomShear RandomTranslation RandomWidth RandomZoom ReLU RepeatVector Rescaling \
Reshape ResidualWrapper Resizing ReversibleEmbedding STFTSpectrogram SeparableConv1D SeparableConv2D \
SeparableConvolution1D SeparableConvolution2D SequenceFeatures Sequential SimpleRNN SimpleRNNCell \
SlicingOpLambda Softmax Solarization SpatialDropout1D SpatialDropout2D SpatialDropout3D \
SpectralNormalization StackedRNNCells StringLookup Subtract SyncBatchNormalization TFOpLambda \
TFSMLayer TensorFlowOpLayer TextVectorization ThresholdedReLU TimeDistributed TimeDistributedDense \
TorchModuleWrapper UnitNormalization UpSampling1D UpSampling2D UpSampling3D WideDeepModel Wrapper \
ZeroPadding1D ZeroPadding2D ZeroPadding3D";

/// Losses and metrics, as classes and as functions.
const MEASURES: &str = "\
AUC Accuracy BCE BinaryAccuracy BinaryCrossentropy BinaryFocalCrossentropy BinaryIoU CTC \
CategoricalAccuracy CategoricalCrossentropy CategoricalFocalCrossentropy CategoricalHinge Circle \
ConcordanceCorrelation CosineSimilarity Dice F1Score FBetaScore FalseNegatives FalsePositives Hinge \
Huber IoU KLD KLDivergence LogCosh LogCoshError Loss LossFunctionWrapper MAE MAPE MSE MSLE Mean \
MeanAbsoluteError MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanRelativeError \
MeanSquaredError MeanSquaredLogarithmicError MeanTensor Metric OneHotIoU OneHotMeanIoU \
PearsonCorrelation Poisson Precision PrecisionAtRecall R2Score Recall RecallAtPrecision \
RootMeanSquaredError SensitivityAtSpecificity SparseCategoricalAccuracy \
SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge \
Sum TopKCategoricalAccuracy TrueNegatives TruePositives Tversky acc accuracy auc bce binary_accuracy \
binary_crossentropy binary_focal_crossentropy binary_io_u categorical_accuracy \
categorical_crossentropy categorical_focal_crossentropy categorical_hinge ce circle \
concordance_correlation cosine cosine_proximity cosine_similarity crossentropy ctc dice f1_score \
f_beta_score false_negatives false_positives hinge huber io_u kl_divergence kld \
kullback_leibler_divergence log_cosh log_cosh_error logcosh mae mape mean mean_absolute_error \
mean_absolute_percentage_error mean_io_u mean_metric_wrapper mean_squared_error \
mean_squared_logarithmic_error metric mse msle one_hot_io_u one_hot_mean_io_u pearson_correlation \
poisson precision precision_at_recall r2_score recall recall_at_precision root_mean_squared_error \
sensitivity_at_specificity sparse_categorical_accuracy sparse_categorical_crossentropy \
sparse_top_k_categorical_accuracy specificity_at_sensitivity squared_hinge sum \
top_k_categorical_accuracy true_negatives true_positives tversky";

/// Activations.
const ACTIVATIONS: &str = "\
celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu \
linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus \
softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold";

/// True for a class of a layer or model that Keras has, or had.
pub(super) fn is_layer(class: &str) -> bool {
    has(LAYERS, class)
}

/// True for a loss or a metric of Keras.
pub(super) fn is_measure(name: &str) -> bool {
    has(MEASURES, name)
}

/// True for a function of Keras.
pub(super) fn is_function(name: &str) -> bool {
    has(ACTIVATIONS, name) || has(MEASURES, name)
}

fn has(names: &str, name: &str) -> bool {
    names.split_ascii_whitespace().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keras_are_known() {
        assert!(is_layer("Dense") && is_layer("CuDNNLSTM") && is_layer("Merge") && !is_layer("Scale"));
        assert!(is_measure("mse") && is_measure("MeanSquaredError") && !is_measure("my_loss"));
        assert!(is_function("relu") && is_function("hinge") && !is_function("my_act"));
        assert!([LAYERS, MEASURES, ACTIVATIONS].iter().all(|names| names.split_ascii_whitespace().is_sorted()));
    }
}
