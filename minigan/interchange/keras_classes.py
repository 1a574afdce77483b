"""Layers that Keras does not have, as a program defines them."""

__all__ = ["CLASSES"]

#: By name. A program begins with those that it needs.
CLASSES = {
    "AveragePooling": '''
class AveragePooling(layers.AveragePooling2D):
    """The mean of the pixels of each window that are inside of the image."""

    def __init__(self, pool_size, strides, padding):
        super().__init__(pool_size, strides)
        self.frame = ((0, 0), *padding, (0, 0))

    def call(self, x):
        pooled = super().call
        total, inside = (pooled(keras.ops.pad(a, self.frame)) for a in (x, keras.ops.ones_like(x)))
        return total / inside

    def compute_output_shape(self, shape):
        height, width = (size + sum(pad) for size, pad in zip(shape[1:3], self.frame[1:3]))
        return super().compute_output_shape((shape[0], height, width, shape[3]))
''',
    "Frame": '''
class Frame(layers.ZeroPadding2D):
    """Pixels of one value around every image."""

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def call(self, x):
        return keras.ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=self.value)
''',
    "SelfAttention": '''
class SelfAttention(layers.Layer):
    """Attention among the places of an image; gamma says how much of it is added."""

    def __init__(self, keys, values):
        super().__init__()
        self.keys, self.values = keys, values

    def build(self, shape):
        self.query_kernel = self.add_weight(shape=(shape[-1], self.keys))
        self.key_kernel = self.add_weight(shape=(shape[-1], self.keys))
        self.value_kernel = self.add_weight(shape=(shape[-1], self.values))
        self.output_kernel = self.add_weight(shape=(self.values, shape[-1]))
        self.gamma = self.add_weight(shape=(1,), initializer="zeros")

    def call(self, x):
        ops, (height, width, channels) = keras.ops, x.shape[1:]
        places = ops.reshape(x, (-1, height * width, channels))
        query, key, value = (ops.matmul(places, w) for w in (self.query_kernel, self.key_kernel, self.value_kernel))
        attention = ops.softmax(ops.matmul(query, ops.swapaxes(key, 1, 2)))
        output = ops.matmul(ops.matmul(attention, value), self.output_kernel)
        return x + self.gamma * ops.reshape(output, (-1, height, width, channels))
''',
    "TanhGELU": '''
class TanhGELU(layers.Layer):
    """GELU by its approximate formula."""

    def call(self, x):
        return keras.ops.gelu(x, approximate=True)
''',
}
