import type { DataType } from '../../base/tensor.ts';
import { TensorProto_DataType } from './onnx_pb.ts';

/** ONNX's number for each element type: in model files, in Cast's `to`, and in the runtime's C interface alike. */
export const elementTypes: Record<DataType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  uint8: TensorProto_DataType.UINT8,
  uint16: TensorProto_DataType.UINT16,
  int8: TensorProto_DataType.INT8,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};
