// Prints `N passed, N failed` from vitest's JSON report; fails when a test failed or when there is no report to count.
import { readFileSync } from 'node:fs';

const [file = 'dist/test-report.json'] = process.argv.slice(2);

function count() {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    // A file that does not even load has no tests of its own: it counts as one failure.
    const unloadable = report.testResults.filter(
      (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
    );
    const failed = report.numFailedTests + unloadable.length;
    // vitest can fail without a failed test, for example on an unhandled rejection.
    return { passed: report.numPassedTests, failed: failed === 0 && !report.success ? 1 : failed };
  } catch (error) {
    console.error(`No test report in ${file} (${error.message}): the tests did not run to their end.`);
    return { passed: 0, failed: 1 };
  }
}

const { passed, failed } = count();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
