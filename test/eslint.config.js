/** Lint rules of all TypeScript and JavaScript; the formatter owns the layout, the compiler owns the types. */
import eslint from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Globals of one host: engine, domain and app get bytes, clocks and devices handed in. */
const hostGlobals = [
  'process',
  'Buffer',
  'global',
  'require',
  '__dirname',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'console',
  'fetch',
  'window',
  'document',
  'navigator',
  'localStorage',
];

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'out/',
      'dist/',
      '.cache/',
      'src-main/engine/kernels/wasm/assembly/',
      'src-main/engine/kernels/wasm/build/',
      'test/fixtures/',
      // Declarations have no code; the type checker reads them.
      '**/*.d.ts',
    ],
  },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  ...svelte.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: `${import.meta.dirname}/..`,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      'no-undef': 'off',
      eqeqeq: 'error',
      // File names and headers are checked for control characters, and pixels are spread, on purpose.
      'no-control-regex': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      'no-console': 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Exports are named.' },
        { selector: 'TSEnumDeclaration', message: 'Erasable syntax only: use a union of strings.' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' },
          ],
        },
      ],
      // Elements of arrays are typed as present, for the kernels' sake, so conditions on them look needless.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `x!` stays where it says something; the linter removes it where the type says so already.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A handler may be asynchronous by its interface without waiting for anything.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-invalid-void-type': ['error', { allowInGenericTypeArguments: true }],
    },
  },
  {
    files: ['src-main/{domain,engine,app,contract}/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', ...hostGlobals] },
  },
  {
    files: ['src-main/hosts/**/*.ts'],
    rules: { '@typescript-eslint/no-invalid-void-type': 'off' },
  },
  {
    files: ['src-renderer/**/*.svelte'],
    // Components are typed by svelte-check; the linter knows the types of what they import, but for other components.
    extends: [tseslint.configs.strict, svelte.configs.base],
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        parser: tseslint.parser,
        projectService: true,
        tsconfigRootDir: `${import.meta.dirname}/..`,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      'no-undef': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      // Properties are taken apart in one statement, and some can be bound.
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { destructuring: 'all' }],
      'svelte/no-at-html-tags': 'error',
      // For SvelteKit's own router.
      'svelte/no-navigation-without-resolve': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src-renderer/**/*.ts'],
    rules: { 'svelte/no-navigation-without-resolve': 'off' },
  },
  {
    files: ['src-renderer/canvas/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['svelte', 'svelte/*', '*.svelte', '*.svelte.ts'],
              message: 'canvas/ draws without Svelte.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', setTimeout: 'readonly' } },
  },
);
