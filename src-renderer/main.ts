/** The window's page: connects to the application, then draws itself. */
import '#contract/schemas-without-eval.ts';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { app } from './state/app-state.svelte.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no element #app');
app.start();
mount(App, { target });
