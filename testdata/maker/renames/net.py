"""What programs of TensorFlow 1 are built of, each variable under its identity."""

import tensorflow as tf

from .registry import Program, pair

v1 = tf.compat.v1


class Net:
    """Builds layers in the default graph, and remembers which variable is which."""

    def __init__(self, graph):
        self.graph = graph
        self.known = {}
        self.names = {"kernel": "kernel", "bias": "bias"}

    def variable(self, layer, leaf, shape, dtype=tf.float32):
        made = v1.get_variable(self.names.get(leaf, leaf), shape, dtype)
        self.known[f"{layer}/{leaf}"] = list(made) if hasattr(made, "_get_partitions") else made

    def dense(self, layer, scope, rows, columns, bias=True):
        """A layer whose scope TensorFlow makes unique, as tf.layers does."""
        with v1.variable_scope(None, default_name=scope):
            self.variable(layer, "kernel", (rows, columns))
            if bias:
                self.variable(layer, "bias", (columns,))

    def conv(self, layer, scope, size, before, after, bias=False):
        with v1.variable_scope(None, default_name=scope):
            self.variable(layer, "kernel", (size, size, before, after))
            if bias:
                self.variable(layer, "bias", (after,))

    def batch_norm(self, layer, scope, size):
        with v1.variable_scope(None, default_name=scope):
            for leaf in ("gamma", "beta", "moving_mean", "moving_variance"):
                self.variable(layer, leaf, (size,))

    def layer_norm(self, layer, scope, size):
        with v1.variable_scope(None, default_name=scope):
            for leaf in ("beta", "gamma"):
                self.variable(layer, leaf, (size,))

    def lstm(self, layer, scope, inputs, units):
        with v1.variable_scope(scope):
            self.variable(layer, "kernel", (inputs + units, 4 * units))
            self.variable(layer, "bias", (4 * units,))

    def step(self):
        self.known["counter/global_step"] = v1.train.get_or_create_global_step()

    def trainable(self):
        return {name: made for name, made in self.known.items()
                if "moving_" not in name and "counter/" not in name}

    def train(self, optimizer, slots):
        """Let an optimizer make its slots."""
        trainable = self.trainable()
        optimizer.apply_gradients([(tf.ones_like(part), part) for made in trainable.values()
                                   for part in parts_of(made)])
        for name, made in trainable.items():
            for slot in slots:
                of_parts = [optimizer.get_slot(part, slot) for part in parts_of(made)]
                self.known[f"{name}:{slot}"] = of_parts if isinstance(made, list) else of_parts[0]
        if isinstance(optimizer, v1.train.AdamOptimizer):
            beta1, beta2 = optimizer._get_beta_accumulators()
            self.known |= {"optimizer/beta1_power": beta1, "optimizer/beta2_power": beta2}

    def average(self, name="ExponentialMovingAverage"):
        """Moving averages of all that is trained."""
        average = v1.train.ExponentialMovingAverage(0.999, name=name)
        trainable = self.trainable()
        average.apply(list(trainable.values()))
        self.known |= {f"{one}:ema": average.average(made) for one, made in trainable.items()}

    def program(self):
        session = v1.Session(graph=self.graph)
        saver = v1.train.Saver([part for made in self.known.values() for part in parts_of(made)])

        def assign(variable, value):
            with self.graph.as_default():
                variable.load(value, session)

        def save(path):
            with self.graph.as_default():
                saver.save(session, path, write_meta_graph=False, write_state=False)

        return Program("model.ckpt", self.known, save, assign)


def parts_of(made):
    """The slices of a partitioned variable, or the variable."""
    return made if isinstance(made, list) else [made]


def saver_pair(name, about, **how):
    """Register `build(net, new)`, which builds the layers of a program."""
    def register(build):
        def program(new):
            net = Net(v1.Graph())
            with net.graph.as_default():
                build(net, new)
                return net.program()
        return pair(name, about, **how)(program)
    return register
