"""Checks an ONNX file with the ONNX project's own tools and prints, as JSON, what they see in it.

    inspect_onnx.py FILE NAME       # NAME: the weight to print in full
"""

import json
import sys

import onnx
from onnx import checker, numpy_helper, shape_inference

path, weight = sys.argv[1:]
checker.check_model(path, full_check=True)
model = onnx.load(path)
inferred = shape_inference.infer_shapes(model, check_type=True, strict_mode=True)


def signature(values):
    return {
        value.name: [
            onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type),
            [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim],
        ]
        for value in values
    }


graph = model.graph
used = {name for node in graph.node for name in node.input}
print(
    json.dumps(
        {
            "irVersion": model.ir_version,
            "opsets": {opset.domain: opset.version for opset in model.opset_import},
            "domains": sorted({node.domain for node in graph.node}),
            "metadata": {entry.key: entry.value for entry in model.metadata_props},
            "text": model.doc_string,
            "inputs": signature(graph.input),
            "outputs": signature(graph.output),
            "inferredOutputs": signature(inferred.graph.output),
            "initializers": {tensor.name: list(tensor.dims) for tensor in graph.initializer},
            "unused": [tensor.name for tensor in graph.initializer if tensor.name not in used],
            "weight": numpy_helper.to_array(
                next(t for t in graph.initializer if t.name == weight)
            )
            .ravel()
            .tolist(),
        }
    )
)
