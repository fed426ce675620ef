/** Exit status 0 when the native runtime loads and multiplies. Run by `npm run native` in a process of its own. */
import * as tf from '@tensorflow/tfjs';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';

await openRuntime('tensorflow');
const product = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync();
if (product[0] !== 3) process.exit(1);
