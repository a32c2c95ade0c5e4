/** One configuration for all code, the tests included. */
import jupyter from '@jupyter/eslint-plugin';
import vitest from '@vitest/eslint-plugin';
import prettier from 'eslint-config-prettier';
import playwright from 'eslint-plugin-playwright';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { roomRules } from './scripts/lint/rooms.mjs';

const UNIT_TESTS = [
  'server/test/**/*.test.ts',
  'server/test/**/*.slow.ts',
  'src/**/__tests__/**/*.test.ts',
  'bench/test/**/*.test.ts',
  'scripts/test/**/*.test.mjs'
];
const TESTS = [
  'server/test/**',
  'src/**/__tests__/**',
  'bench/test/**',
  'scripts/test/**/*.test.mjs',
  'python-tests/**/*.mjs',
  'ui-tests/**'
];

const [extensionRules, schemaRules, galataRules] = jupyter.configs.recommended;

export default defineConfig(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '**/lib/**/*.{js,d.ts}',
      '.cache/',
      '.venv/',
      '.pytest_cache/',
      'jupyterlab_ship_env/',
      'ui-tests/playwright-report/',
      'ui-tests/test-results/'
    ]
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: {
      parserOptions: {
        project: [
          'tsconfig.json',
          'tsconfig.tests.json',
          'server/tsconfig.json',
          'bench/tsconfig.json',
          'scripts/tsconfig.json',
          'ui-tests/tsconfig.json'
        ],
        tsconfigRootDir: import.meta.dirname
      }
    }
  },
  {
    files: ['**/*.{ts,tsx,mjs}'],
    extends: [tseslint.configs.strictTypeChecked],
    rules: {
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60 }],
      'no-console': 'error',
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration[source.value="zod"] > ImportSpecifier',
          message: "Import * as z: zod's own z brings all of zod into the bundle, with messages in every language."
        }
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }
      ],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }]
    }
  },
  ...roomRules(),
  {
    // Plain JavaScript, which tsc checks through its JSDoc: results of JSON.parse and caught errors have no type there.
    files: ['**/*.mjs'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off'
    }
  },
  // The benchmark prints its results.
  { files: ['bench/src/**'], rules: { 'no-console': 'off' } },
  {
    files: ['bench/**'],
    ignores: ['bench/src/product.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '/server/', message: 'What the benchmark takes from server/ stands in bench/src/product.ts.' }
          ]
        }
      ]
    }
  },
  { plugins: { jupyter } },
  {
    ...extensionRules,
    files: ['src/**/*.{ts,tsx}'],
    // The whole front end is smaller than one icon font: a single request is faster than several.
    rules: { ...extensionRules.rules, 'jupyter/prefer-lazy-imports': 'off' }
  },
  // A Lumino signal gets a method and its `this` as two arguments; jupyter/require-signal-this-arg checks that.
  { files: ['src/**/*.{ts,tsx}'], rules: { '@typescript-eslint/unbound-method': 'off' } },
  schemaRules,
  { ...galataRules, files: ['ui-tests/**/*.ts'] },
  {
    files: TESTS,
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A stand-in for an asynchronous method is async, too.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off'
    }
  },
  {
    files: UNIT_TESTS,
    extends: [vitest.configs.recommended],
    rules: {
      'vitest/no-disabled-tests': 'error',
      'vitest/no-focused-tests': 'error',
      // vitest itself types expect.any() and similar functions as any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // The second argument of vitest's functions is a message.
      'vitest/valid-expect': ['error', { maxArgs: 2 }],
      'vitest/no-standalone-expect': [
        'error',
        { additionalTestBlockFunctions: ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] }
      ],
      'vitest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'assert*'] }]
    }
  },
  {
    files: ['ui-tests/**/*.ts'],
    extends: [playwright.configs['flat/recommended']],
    rules: {
      'playwright/no-skipped-test': 'error',
      'playwright/no-wait-for-timeout': 'error',
      'playwright/no-element-handle': 'error',
      'playwright/prefer-to-have-count': 'error',
      'playwright/prefer-web-first-assertions': 'error',
      'playwright/expect-expect': ['error', { assertFunctionNames: ['expect*', 'assert*'] }]
    }
  },
  prettier
);
