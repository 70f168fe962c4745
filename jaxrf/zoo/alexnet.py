"""AlexNet as TF-Slim has it: one tower, no local response normalisation.

TF-Slim cites Krizhevsky 2014 but keeps 384 channels in conv4, as in the article of 2012, where that
of 2014 and torchvision have 256. The first convolution and all pools are VALID.
"""

from jaxrf.zoo.rows import Conv, Definition, MaxPool, Style

NETWORKS = (
    Definition(
        name="alexnet_v2",
        scope="alexnet_v2",
        style=Style(),
        summary="AlexNet, one tower without response normalisation",
        paper="Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks, "
        "arXiv:1404.5997",
        rows=(
            Conv("conv1", 64, kernel=11, stride=4, padding="VALID"),
            MaxPool("pool1", kernel=3, stride=2, padding="VALID"),
            Conv("conv2", 192, kernel=5),
            MaxPool("pool2", kernel=3, stride=2, padding="VALID"),
            Conv("conv3", 384),
            Conv("conv4", 384),
            Conv("conv5", 256),
            MaxPool("pool5", kernel=3, stride=2, padding="VALID"),
        ),
    ),
)
