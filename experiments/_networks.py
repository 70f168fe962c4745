"""The article's networks: their families, and how figures call them."""

# TF-Slim's name -> (family, label). The order of the families is that of their colours.
LABELS = {
    "alexnet_v2": ("AlexNet", "AlexNet v2"),
    "vgg_16": ("VGG", "VGG-16"),
    "mobilenet_v1": ("MobileNet", "MobileNet v1"),
    "mobilenet_v1_075": ("MobileNet", "MobileNet v1, 0.75"),
    "resnet_v1_50": ("ResNet", "ResNet-50"),
    "resnet_v1_101": ("ResNet", "ResNet-101"),
    "resnet_v1_152": ("ResNet", "ResNet-152"),
    "resnet_v1_200": ("ResNet", "ResNet-200"),
    "inception_v2": ("Inception", "Inception v2"),
    "inception_v3": ("Inception", "Inception v3"),
    "inception_v4": ("Inception", "Inception v4"),
    "inception_resnet_v2": ("Inception-ResNet", "Inception-ResNet v2"),
}
FAMILIES = tuple(dict.fromkeys(family for family, _ in LABELS.values()))
# Those of the accuracy figure; of the other two the article gives no accuracy.
NAMES = tuple(name for name in LABELS if name not in ("mobilenet_v1_075", "resnet_v1_200"))
QUICK = NAMES[:3]


def family(name):
    """Of a network."""
    return LABELS[name][0]


def label(name):
    """Of a network, in figures."""
    return LABELS[name][1]
