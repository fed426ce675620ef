/** Java and Maven, as far as servers for tests need them. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { MissingService } from './missing.js';

const run = promisify(execFile);

const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin';

/** A short name of the Java on the path; two builds of one version have two names. */
export async function javaBuild(): Promise<string> {
  const { stdout, stderr } = await tool('java', ['-version'], tmpdir());
  return createHash('sha256')
    .update(stdout + stderr)
    .digest('hex')
    .slice(0, 12);
}

/** Copies jars (`group:name:version`) and all that they need at run time into a folder. */
export async function fetchJars(artifacts: readonly string[], folder: string): Promise<void> {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  await maven(dependencies.join(''), [
    `${DEPENDENCY_PLUGIN}:3.8.1:copy-dependencies`,
    '-DincludeScope=runtime',
    `-DoutputDirectory=${folder}`,
  ]);
}

/** Copies one file (`group:name:version:type:classifier`) without what its description refers to. */
export async function fetchFile(artifact: string, folder: string): Promise<void> {
  // Later versions of the plugin want the parents of the description too, which not every mirror has.
  await maven('', [`${DEPENDENCY_PLUGIN}:2.8:copy`, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]);
}

async function maven(dependencies: string, args: readonly string[]): Promise<void> {
  const project = await mkdtemp(path.join(tmpdir(), 'steerstream-maven-'));
  try {
    await writeFile(
      path.join(project, 'pom.xml'),
      '<project><modelVersion>4.0.0</modelVersion><groupId>steerstream</groupId>' +
        `<artifactId>services</artifactId><version>1</version><dependencies>${dependencies}</dependencies></project>`,
    );
    await tool('mvn', ['--batch-mode', '--quiet', ...args], project);
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

async function tool(command: 'java' | 'mvn', args: string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  try {
    return await run(command, args, { cwd });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new MissingService(
        `${command} is missing: install Java 17 and Maven (Debian: default-jre-headless, maven)`,
      );
    }
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout).trim() : String(error);
    throw new MissingService(`${command} failed:\n${output.split('\n').slice(0, 3).join('\n')}`);
  }
}
